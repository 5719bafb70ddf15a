"""Arch Linux packages: pacman's local database and package archives."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="alpm",
    title="Arch Linux (pacman)",
    purl_types=("alpm",),
    parsers=(
        Parser("alpm-desc", "assay.ecosystems.alpm.local:parse_desc", ("**/pacman/local/*/desc",)),
        Parser("alpm-files", "assay.ecosystems.alpm.local:parse_files", ("**/pacman/local/*/files",)),
        Parser(
            "alpm-archive",
            "assay.ecosystems.alpm.archive:parse",
            ("**/*.pkg.tar.zst", "**/*.pkg.tar.xz", "**/*.pkg.tar.gz"),
            max_size=2 << 30,
        ),
        Parser(
            "alpm-system",
            "assay.formats.os_release:parse",
            ("**/etc/os-release", "**/usr/lib/os-release"),
            max_size=1 << 20,
        ),
    ),
    proof=Proof.NATIVE,
    origin="pacman 6.0.2",
    assemble="assay.ecosystems.alpm.package:assemble",
    of_system=True,
    osv=("Arch Linux",),
)
