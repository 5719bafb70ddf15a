"""CSAF documents of any publisher."""

from assay.model.ecosystem import Proof
from assay.model.feed import Feed

FEED = Feed(
    name="csaf",
    title="CSAF documents",
    licence="their publishers'",
    reads="assay.formats.csaf_records:read",
    proof=Proof.SYNTHETIC,
    origin="written after OASIS CSAF 2.0",
    marks=(frozenset(("document", "product_tree", "vulnerabilities")),),
    complete=False,
    authority=60,
)
