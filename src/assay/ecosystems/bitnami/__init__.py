"""Bitnami images: the list of unpacked components, and the SPDX document beside each of them."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="bitnami",
    title="Bitnami",
    purl_types=("bitnami",),
    parsers=(
        Parser(
            "bitnami-components",
            "assay.ecosystems.bitnami.components:parse",
            ("**/opt/bitnami/.bitnami_components.json",),
        ),
        Parser("bitnami-spdx", "assay.ecosystems.bitnami.document:parse", ("**/opt/bitnami/**/.spdx-*.spdx",)),
    ),
    proof=Proof.FOREIGN,
    origin="Bitnami's documents on PostgreSQL and Elasticsearch, out of the suite spdx; lists of components are ours",
    osv=("Bitnami",),
)
