"""RustSec Advisory Database."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="rustsec",
    title="RustSec Advisory Database",
    licence="CC0-1.0",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://osv-vulnerabilities.storage.googleapis.com/crates.io/all.zip", Protocol.OSV_ZIP),),
    files=("crates-rustsec.osv.jsonl*",),
    ids=("RUSTSEC-",),
    ecosystems=("crates.io",),
    least=500,
    default=True,
    authority=70,
)
