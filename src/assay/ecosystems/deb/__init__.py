"""Debian packages: databases of dpkg and opkg, distroless and Chisel records, archives, copyright files."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="deb",
    title="Debian, Ubuntu, OpenWrt (dpkg, opkg)",
    purl_types=("deb",),
    parsers=(
        Parser("deb-status", "assay.ecosystems.deb.database:parse_status", ("**/var/lib/dpkg/status",)),
        Parser("deb-status-d", "assay.ecosystems.deb.database:parse_single", ("**/var/lib/dpkg/status.d/*",)),
        Parser("deb-opkg-status", "assay.ecosystems.deb.database:parse_opkg", ("**/lib/opkg/status",)),
        Parser("deb-opkg-control", "assay.ecosystems.deb.database:parse_control", ("**/lib/opkg/info/*.control",)),
        Parser(
            "deb-list",
            "assay.ecosystems.deb.ownership:parse",
            ("**/var/lib/dpkg/info/*.list", "**/lib/opkg/info/*.list"),
        ),
        Parser("deb-chisel", "assay.ecosystems.deb.chisel:parse", ("**/var/lib/chisel/manifest.wall",)),
        Parser(
            "deb-copyright", "assay.ecosystems.deb.copyright:parse", ("**/usr/share/doc/*/copyright",), (), (), 4 << 20
        ),
        Parser("deb-archive", "assay.ecosystems.deb.archive:parse", ("**/*.deb",), max_size=1 << 30),
        Parser(
            "deb-system",
            "assay.formats.os_release:parse",
            ("**/etc/os-release", "**/usr/lib/os-release"),
            max_size=1 << 20,
        ),
    ),
    proof=Proof.NATIVE,
    origin="dpkg 1.21",
    assemble="assay.ecosystems.deb.assembly:assemble",
    osv=("Debian", "Ubuntu", "Echo"),
    of_system=True,
)
