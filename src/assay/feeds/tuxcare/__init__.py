"""TuxCare Endless Lifecycle Support."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Feed

FEED = Feed(
    name="tuxcare",
    title="TuxCare Endless Lifecycle Support",
    licence="MIT",
    reads="assay.feeds.tuxcare.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    files=("tuxcare-els*.jsonl*",),
    ecosystems=("TuxCare",),
    marks=(frozenset(("cve", "os", "pkg", "status")),),
    states=(FixState.NOT_FIXED, FixState.WONT_FIX, FixState.UNDER_INVESTIGATION, FixState.NOT_AFFECTED),
    authority=80,
)
