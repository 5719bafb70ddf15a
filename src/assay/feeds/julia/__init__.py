"""Julia Security Advisories."""

from assay.model.ecosystem import Proof
from assay.model.feed import Feed

FEED = Feed(
    name="julia",
    title="Julia Security Advisories",
    licence="CC-BY-4.0",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    files=("julia-jlsec.jsonl*", "JLSEC-*"),
    ids=("JLSEC-",),
    ecosystems=("Julia",),
)
