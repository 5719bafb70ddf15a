"""Conan, packages of C and C++: lock files, consumer files, and the information about installed packages."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="conan",
    title="C, C++ (Conan)",
    purl_types=("conan",),
    parsers=(
        Parser("conan-lock", "assay.ecosystems.conan.lock:parse", ("**/conan.lock",)),
        Parser("conan-file", "assay.ecosystems.conan.text:parse_conanfile", ("**/conanfile.txt",), max_size=4 << 20),
        Parser("conan-info", "assay.ecosystems.conan.text:parse_conaninfo", ("**/conaninfo.txt",), max_size=4 << 20),
    ),
    proof=Proof.NATIVE,
    origin="conan 2.34",
    assemble="assay.ecosystems.conan.text:assemble",
    osv=("ConanCenter",),
)
