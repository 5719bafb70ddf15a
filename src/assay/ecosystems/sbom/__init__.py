"""SBOM documents that lie in what is looked at: CycloneDX, SPDX and Syft's JSON."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

_STEMS = ("*.cdx", "*.cyclonedx", "*.spdx", "*.syft", "*.sbom", "*-sbom", "*.bom", "sbom", "bom")

ECOSYSTEM = Ecosystem(
    name="sbom",
    title="SBOM documents (CycloneDX, SPDX, Syft)",
    purl_types=(),
    parsers=(
        Parser(
            "sbom-document",
            "assay.ecosystems.sbom.document:parse",
            (
                *(f"**/{stem}.json" for stem in _STEMS),
                *(f"**/{stem}.xml" for stem in _STEMS if "spdx" not in stem and "syft" not in stem),
                *(f"**/*.{ending}" for ending in ("cdx", "spdx", "spdx.yaml", "spdx.yml", "spdx3.json")),
            ),
        ),
    ),
    assemble="assay.ecosystems.sbom.document:assemble",
    proof=Proof.FOREIGN,
    origin="documents of Syft, Bitnami, Red Hat and others, out of the suite spdx",
)
