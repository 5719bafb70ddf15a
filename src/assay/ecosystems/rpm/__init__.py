"""RPM packages: the databases of rpm in its three forms, container manifests and archives."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="rpm",
    title="Red Hat, Fedora, SUSE (RPM)",
    purl_types=("rpm",),
    parsers=(
        Parser("rpm-sqlite", "assay.ecosystems.rpm.database:parse_sqlite", ("**/rpm/rpmdb.sqlite",), max_size=1 << 30),
        Parser(
            "rpm-sqlite-log",
            "assay.formats.sqlite_log:parse",
            ("**/rpm/rpmdb.sqlite-wal", "**/rpm/rpmdb.sqlite-journal"),
            max_size=256 << 20,
        ),
        Parser("rpm-ndb", "assay.ecosystems.rpm.database:parse_ndb", ("**/rpm/Packages.db",), max_size=1 << 30),
        Parser("rpm-bdb", "assay.ecosystems.rpm.database:parse_bdb", ("**/rpm/Packages",), max_size=1 << 30),
        Parser("rpm-manifest", "assay.ecosystems.rpm.manifest:parse", ("**/rpmmanifest/container-manifest-2",)),
        Parser("rpm-archive", "assay.ecosystems.rpm.archive:parse", ("**/*.rpm",), max_size=2 << 30),
        Parser(
            "rpm-system",
            "assay.formats.os_release:parse",
            ("**/etc/os-release", "**/usr/lib/os-release"),
            max_size=1 << 20,
        ),
    ),
    proof=Proof.NATIVE,
    origin="rpm 4.18",
    assemble="assay.ecosystems.rpm.assembly:assemble",
    osv=(
        "Red Hat",
        "Rocky Linux",
        "AlmaLinux",
        "CentOS",
        "Oracle Linux",
        "Amazon Linux",
        "Fedora",
        "openSUSE",
        "SUSE",
        "SLES",
        "openEuler",
        "Mageia",
        "Azure Linux",
        "Mariner",
        "Photon OS",
    ),
    of_system=True,
)
