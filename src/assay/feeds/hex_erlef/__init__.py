"""Erlang Ecosystem Foundation CNA."""

from assay.model.ecosystem import Proof
from assay.model.feed import Feed

FEED = Feed(
    name="hex-erlef",
    title="Erlang Ecosystem Foundation CNA",
    licence="CC-BY-4.0",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    files=("hex-erlef.osv.jsonl*", "EEF-*.json"),
    ids=("EEF-",),
    ecosystems=("Hex",),
    least=40,
)
