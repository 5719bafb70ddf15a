"""Java runtimes: the file `release` of a JDK or JRE."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="jvm",
    title="Java runtimes (JDK, JRE)",
    purl_types=("generic",),
    parsers=(Parser("jvm-release", "assay.ecosystems.jvm.release:parse", ("**/release",), max_size=64 << 10),),
    proof=Proof.NATIVE,
    origin="the release file that jlink 17 writes",
)
