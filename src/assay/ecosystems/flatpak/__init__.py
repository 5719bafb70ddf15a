"""Flatpak applications and runtimes."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="flatpak",
    title="Flatpak",
    purl_types=("flatpak",),
    parsers=(
        Parser(
            "flatpak-metadata",
            "assay.ecosystems.flatpak.metadata:parse",
            ("**/flatpak/app/*/*/*/*/metadata", "**/flatpak/runtime/*/*/*/*/metadata"),
        ),
        Parser(
            "flatpak-metainfo",
            "assay.ecosystems.flatpak.metainfo:parse",
            ("**/flatpak/app/*/*/*/*/**.metainfo.xml", "**/flatpak/app/*/*/*/*/**.appdata.xml"),
        ),
    ),
    proof=Proof.NATIVE,
    origin="Flatpak 1.14 (flatpak build-export, install, list)",
    assemble="assay.ecosystems.flatpak.metadata:assemble",
)
