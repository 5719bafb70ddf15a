"""Alpine packages (Alpine, Wolfi, Chainguard, postmarketOS): apk's database and its archives."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="apk",
    title="Alpine, Wolfi (apk)",
    purl_types=("apk",),
    parsers=(
        Parser("apk-installed", "assay.ecosystems.apk.installed:parse", ("**/lib/apk/db/installed",)),
        Parser("apk-archive", "assay.ecosystems.apk.archive:parse", ("**/*.apk",), max_size=1 << 30),
        Parser(
            "apk-system",
            "assay.formats.os_release:parse",
            ("**/etc/os-release", "**/usr/lib/os-release"),
            max_size=1 << 20,
        ),
    ),
    proof=Proof.NATIVE,
    origin="apk-tools 3.0.8; the database of an Alpine 3.18 image",
    assemble="assay.ecosystems.apk.package:assemble",
    osv=("Alpine", "Wolfi", "Chainguard", "MinimOS"),
    of_system=True,
)
