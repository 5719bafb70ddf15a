"""Azure Linux OVAL."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="azure",
    title="Azure Linux OVAL",
    licence="MIT",
    reads="assay.feeds.azure.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://codeload.github.com/microsoft/AzureLinuxVulnerabilityData/tar.gz/refs/heads/main"),),
    files=("azurelinux-oval*", "cbl-mariner-*-oval.xml"),
    heads=("com.microsoft.azurelinux", "com.microsoft.cbl-mariner"),
    ecosystems=("Azure Linux", "Mariner"),
    marks=(frozenset(("eco", "cve", "tests")),),
    default=True,
    authority=80,
)
