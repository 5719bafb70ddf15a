"""PHP's PEAR and PECL: the registry of installed packages."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="pear",
    title="PHP (PEAR, PECL)",
    purl_types=("pear",),
    parsers=(Parser("pear-registry", "assay.ecosystems.pear.registry:parse", ("**/.registry/**/*.reg",)),),
    proof=Proof.NATIVE,
    origin="pear 1.10",
)
