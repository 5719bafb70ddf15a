"""vcpkg, packages of C and C++: manifests, and the database of installed ports."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="vcpkg",
    title="C, C++ (vcpkg)",
    purl_types=("vcpkg",),
    parsers=(
        Parser("vcpkg-manifest", "assay.ecosystems.vcpkg.manifest:parse", ("**/vcpkg.json",), max_size=4 << 20),
        Parser(
            "vcpkg-status",
            "assay.ecosystems.vcpkg.status:parse",
            ("**/vcpkg/status", "**/vcpkg/updates/*"),
        ),
    ),
    proof=Proof.FOREIGN,
    origin="trees that vcpkg installed, out of the tests of the crate vcpkg 0.2.15; manifests are ours",
    assemble="assay.ecosystems.vcpkg.status:assemble",
)
