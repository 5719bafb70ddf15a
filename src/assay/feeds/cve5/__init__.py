"""CVE list with CISA Vulnrichment."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="cve5",
    title="CVE list with CISA Vulnrichment",
    licence="CC0-1.0",
    reads="assay.feeds.cve5.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://codeload.github.com/cisagov/vulnrichment/tar.gz/refs/heads/develop"),),
    files=("cve-cvss-ssvc-vulnrichment*", "CVE-*.json"),
    marks=(frozenset(("dataType", "cveMetadata", "containers")), frozenset(("cve", "cvss", "ssvc"))),
    large=True,
    authority=60,
)
