"""The operating system itself: os-release and the files that came before it."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="os_release",
    title="Operating systems (os-release and its elders)",
    purl_types=(),
    parsers=(
        Parser(
            "os-release",
            "assay.ecosystems.os_release.modern:parse",
            ("**/etc/os-release", "**/usr/lib/os-release"),
            max_size=1 << 20,
        ),
        Parser(
            "os-release-elder",
            "assay.ecosystems.os_release.elder:parse",
            (
                "**/etc/lsb-release",
                "**/etc/system-release-cpe",
                "**/etc/redhat-release",
                "**/etc/centos-release",
                "**/etc/fedora-release",
                "**/etc/oracle-release",
                "**/etc/rocky-release",
                "**/etc/almalinux-release",
                "**/etc/system-release",
                "**/etc/SuSE-release",
                "**/etc/alpine-release",
                "**/etc/arch-release",
                "**/etc/debian_version",
            ),
            max_size=1 << 20,
        ),
        Parser("os-release-busybox", "assay.ecosystems.os_release.elder:parse_busybox", ("**/bin/busybox",)),
    ),
    proof=Proof.NATIVE,
    origin="sh reading the os-release of the machine",
    assemble="assay.ecosystems.os_release.system:assemble",
)
