"""Go Vulnerability Database."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="go-vulndb",
    title="Go Vulnerability Database",
    licence="CC-BY-4.0",
    reads="assay.feeds.go_vulndb.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://vuln.go.dev/vulndb.zip"),),
    files=("go-vulndb.osv.jsonl*", "vulndb.zip"),
    ids=("GO-",),
    ecosystems=("Go",),
    least=2000,
    default=True,
    authority=70,
)
