"""CISA Known Exploited Vulnerabilities."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="kev",
    title="CISA Known Exploited Vulnerabilities",
    licence="CC0-1.0",
    reads="assay.feeds.kev.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"),),
    files=("cisa-kev*", "known_exploited_vulnerabilities*"),
    default=True,
    marks=(frozenset(("catalogVersion", "vulnerabilities")), frozenset(("cve", "added", "ransomware"))),
    authority=90,
)
