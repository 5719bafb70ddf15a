"""Nix: the store paths that the database of a store lists as valid, with their references."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="nix",
    title="Nix",
    purl_types=("nix",),
    parsers=(
        Parser("nix-database", "assay.ecosystems.nix.database:parse", ("**/nix/db/db.sqlite",), max_size=1 << 30),
    ),
    proof=Proof.NATIVE,
    origin="nix 2.8",
)
