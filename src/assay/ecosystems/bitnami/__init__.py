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
    proof=Proof.SYNTHETIC,
    origin="written by hand after the layout of Bitnami images",
    osv=("Bitnami",),
)
