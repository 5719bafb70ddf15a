"""Nix: the store paths that the database of a store lists as valid, with their references; without one, the paths."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="nix",
    title="Nix",
    purl_types=("nix",),
    parsers=(
        Parser("nix-database", "assay.ecosystems.nix.database:parse", ("**/nix/db/db.sqlite",), max_size=1 << 30),
        Parser(
            "nix-database-log",
            "assay.formats.sqlite_log:parse",
            ("**/nix/db/db.sqlite-wal", "**/nix/db/db.sqlite-journal"),
            max_size=256 << 20,
        ),
        Parser(
            "nix-store-path",
            "assay.ecosystems.nix.store:parse",
            tuple(f"**/nix/store/*/{folder}/*" for folder in ("bin", "sbin", "lib", "lib/pkgconfig", "nix-support")),
            by_path=True,
        ),
    ),
    proof=Proof.NATIVE,
    origin="nix 2.8",
    assemble="assay.ecosystems.nix.store:assemble",
)
