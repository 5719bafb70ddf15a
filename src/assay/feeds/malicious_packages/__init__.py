"""OpenSSF Malicious Packages."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="malicious-packages",
    title="OpenSSF Malicious Packages",
    licence="Apache-2.0",
    reads="assay.formats.osv_records:read",
    proof=Proof.SYNTHETIC,
    origin="records in the form of ossf/malicious-packages",
    downloads=(Download("https://codeload.github.com/ossf/malicious-packages/tar.gz/refs/heads/main"),),
    files=("MAL-*.json", "malicious-packages*"),
    ids=("MAL-",),
    ecosystems=("npm", "PyPI", "RubyGems", "crates.io", "NuGet", "Go"),
    least=1000,
    large=True,
    authority=90,
)
