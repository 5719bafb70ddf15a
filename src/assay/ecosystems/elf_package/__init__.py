"""Package notes in ELF files."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="elf_package",
    title="ELF package notes",
    purl_types=("generic", "deb", "rpm", "apk", "alpm"),
    parsers=(Parser("elf-package-note", "assay.ecosystems.elf_package.note:parse", sections=(".note.package",)),),
    proof=Proof.NATIVE,
    origin="gcc and objcopy on a sample of ours; readelf --notes",
)
