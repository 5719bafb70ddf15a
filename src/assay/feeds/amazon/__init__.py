"""Amazon Linux: the ``updateinfo.xml`` of its package repositories."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Feed

FEED = Feed(
    name="amazon",
    title="Amazon Linux update notices",
    licence="Amazon's terms",
    reads="assay.feeds.amazon.parse:read",
    proof=Proof.SYNTHETIC,
    origin="written after the updateinfo.xml of Amazon's repositories; imported, as mirrors are chosen by region",
    files=("*updateinfo.xml*",),
    heads=("<id>ALAS",),
    states=(FixState.FIXED,),
    ecosystems=("Amazon Linux",),
    authority=85,
)
