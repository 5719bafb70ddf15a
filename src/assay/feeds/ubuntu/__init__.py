"""Ubuntu security."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="ubuntu",
    title="Ubuntu security",
    licence="public facts of the Ubuntu project",
    reads="assay.feeds.ubuntu.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://osv-vulnerabilities.storage.googleapis.com/Ubuntu/all.zip", Protocol.OSV_ZIP),),
    files=("ubuntu-uct*.jsonl*", "UBUNTU-CVE-*.json", "USN-*.json", "LSN-*.json"),
    ids=("UBUNTU-", "USN-", "LSN-"),
    ecosystems=("Ubuntu",),
    marks=(frozenset(("cve", "pkgs")), frozenset(("Candidate", "PublicDate", "Priority"))),
    states=(
        FixState.FIXED,
        FixState.NOT_FIXED,
        FixState.WONT_FIX,
        FixState.DEFERRED,
        FixState.END_OF_LIFE,
        FixState.UNDER_INVESTIGATION,
        FixState.NOT_AFFECTED,
    ),
    large=True,
    authority=80,
)
