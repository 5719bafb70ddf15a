"""Python Software Foundation CNA."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="psf",
    title="Python Software Foundation CNA",
    licence="CC-BY-4.0",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://codeload.github.com/psf/advisory-database/tar.gz/refs/heads/main"),),
    files=("psf.osv.jsonl*", "PSF-*.json"),
    ids=("PSF-",),
    ecosystems=("GIT",),
    least=50,
)
