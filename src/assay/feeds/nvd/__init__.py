"""National Vulnerability Database."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="nvd",
    title="National Vulnerability Database",
    licence="public domain",
    reads="assay.feeds.nvd.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://services.nvd.nist.gov/rest/json/cves/2.0", Protocol.NVD_API),),
    files=("nvd-cpe-overrides*", "nvdcve-*.json"),
    ecosystems=("cpe", "jvm"),
    marks=(frozenset(("format", "vulnerabilities")), frozenset(("cve", "configurations"))),
    least=1000,
    large=True,
    authority=30,
)
