"""GitHub Advisory Database."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="ghsa",
    title="GitHub Advisory Database",
    licence="CC-BY-4.0",
    reads="assay.feeds.ghsa.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(
        Download("https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip", Protocol.OSV_ZIP),
        Download("https://osv-vulnerabilities.storage.googleapis.com/Maven/all.zip", Protocol.OSV_ZIP),
        Download("https://osv-vulnerabilities.storage.googleapis.com/NuGet/all.zip", Protocol.OSV_ZIP),
        Download("https://osv-vulnerabilities.storage.googleapis.com/RubyGems/all.zip", Protocol.OSV_ZIP),
        Download("https://osv-vulnerabilities.storage.googleapis.com/Packagist/all.zip", Protocol.OSV_ZIP),
        Download("https://osv-vulnerabilities.storage.googleapis.com/Pub/all.zip", Protocol.OSV_ZIP),
        Download("https://osv-vulnerabilities.storage.googleapis.com/Hex/all.zip", Protocol.OSV_ZIP),
        Download("https://osv-vulnerabilities.storage.googleapis.com/SwiftURL/all.zip", Protocol.OSV_ZIP),
        Download("https://osv-vulnerabilities.storage.googleapis.com/GitHub%20Actions/all.zip", Protocol.OSV_ZIP),
    ),
    files=("ghsa-*.jsonl*", "GHSA-*.json", "advisory-database*"),
    ids=("GHSA-",),
    marks=(frozenset(("ghsa_id", "vulnerabilities")),),
    ecosystems=(
        "npm",
        "Maven",
        "NuGet",
        "PyPI",
        "RubyGems",
        "Packagist",
        "Go",
        "crates.io",
        "Pub",
        "Hex",
        "SwiftURL",
        "GitHub Actions",
    ),
    default=True,
    authority=65,
)
