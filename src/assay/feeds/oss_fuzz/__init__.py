"""OSS-Fuzz vulnerabilities."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="oss-fuzz",
    title="OSS-Fuzz vulnerabilities",
    licence="CC-BY-4.0",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://osv-vulnerabilities.storage.googleapis.com/OSS-Fuzz/all.zip", Protocol.OSV_ZIP),),
    files=("oss-fuzz.osv.jsonl*", "OSV-*.yaml"),
    ids=("OSV-",),
    ecosystems=("OSS-Fuzz",),
    least=1000,
)
