"""OSV records of any source."""

from assay.model.ecosystem import Proof
from assay.model.feed import Feed

FEED = Feed(
    name="osv",
    title="OSV records of any source",
    licence="of each source",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    files=("all.zip",),
)
