"""GraalVM native images: the SBOM that they carry."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="graalvm",
    title="GraalVM native images",
    purl_types=("maven",),
    parsers=(
        Parser(
            "graalvm-sbom",
            "assay.ecosystems.graalvm.sbom:parse",
            sections=(".svm_heap", "__svm_heap", ".svm_hea"),
            max_size=2 << 30,
        ),
    ),
    proof=Proof.SYNTHETIC,
    origin="laid out by hand after the documentation of native-image --enable-sbom",
    osv=("Maven",),
    osv_join=":",
)
