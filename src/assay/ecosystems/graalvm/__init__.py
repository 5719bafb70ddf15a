"""GraalVM native images: the SBOM that they carry in a section of their own."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="graalvm",
    title="GraalVM native images",
    purl_types=("maven",),
    parsers=(
        Parser("graalvm-sbom", "assay.ecosystems.graalvm.sbom:parse", sections=("sbom", "__sbom"), max_size=2 << 30),
    ),
    proof=Proof.SYNTHETIC,
    origin="written by hand after the documentation of native-image --enable-sbom",
    osv=("Maven",),
)
