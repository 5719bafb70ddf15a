"""Rust's Cargo: lock files, manifests, and the dependency list that cargo-auditable puts into binaries."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

_HERE = "assay.ecosystems.cargo"

ECOSYSTEM = Ecosystem(
    name="cargo",
    title="Rust (Cargo)",
    purl_types=("cargo",),
    parsers=(
        Parser("cargo-lock", f"{_HERE}.lock:parse", ("**/Cargo.lock",)),
        Parser("cargo-toml", f"{_HERE}.manifest:parse", ("**/Cargo.toml",)),
        Parser("cargo-binary", f"{_HERE}.binary:parse", sections=(".dep-v0",), max_size=1 << 30),
    ),
    proof=Proof.NATIVE,
    origin="cargo 1.95 (cargo generate-lockfile, cargo metadata); uv's own binary for .dep-v0",
    assemble=f"{_HERE}.manifest:assemble",
    osv=("crates.io",),
)
