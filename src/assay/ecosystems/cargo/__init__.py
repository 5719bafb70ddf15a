"""Rust's Cargo: lock files, manifests, and the dependency list that cargo-auditable puts into binaries."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="cargo",
    title="Rust (Cargo)",
    purl_types=("cargo",),
    parsers=(Parser("cargo-lock", "assay.ecosystems.cargo.lock:parse", ("**/Cargo.lock",)),),
    proof=Proof.NATIVE,
    origin="cargo 1.95",
    osv=("crates.io",),
)
