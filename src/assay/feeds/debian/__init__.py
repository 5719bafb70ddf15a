"""Debian security tracker."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="debian",
    title="Debian security tracker",
    licence="public facts of the Debian project",
    reads="assay.feeds.debian.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://security-tracker.debian.org/tracker/data/json"),),
    files=("debian-dsa-dla.osv.jsonl*", "debian-tracker*.json"),
    ids=("DSA-", "DLA-", "DTSA-", "DEBIAN-"),
    ecosystems=("Debian",),
    least=1000,
    default=True,
    states=(
        FixState.FIXED,
        FixState.NOT_FIXED,
        FixState.WONT_FIX,
        FixState.DEFERRED,
        FixState.END_OF_LIFE,
        FixState.UNDER_INVESTIGATION,
        FixState.NOT_AFFECTED,
    ),
    authority=80,
)
