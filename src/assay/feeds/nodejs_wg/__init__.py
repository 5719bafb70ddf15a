"""Node.js Security Working Group, ecosystem."""

from assay.model.ecosystem import Proof
from assay.model.feed import Feed

FEED = Feed(
    name="nodejs-wg",
    title="Node.js Security Working Group, ecosystem",
    licence="MIT",
    reads="assay.feeds.nodejs_wg.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    files=("npm-nodejs-security-wg.jsonl*",),
    ids=("NSWG-ECO-",),
    marks=(frozenset(("module_name", "vulnerable_versions")),),
    ecosystems=("npm",),
    complete=False,
    authority=40,
)
