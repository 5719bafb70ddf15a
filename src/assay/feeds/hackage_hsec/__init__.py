"""Haskell Security Advisories."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="hackage-hsec",
    title="Haskell Security Advisories",
    licence="CC0-1.0",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://osv-vulnerabilities.storage.googleapis.com/Hackage/all.zip", Protocol.OSV_ZIP),),
    files=("hackage-hsec.osv.jsonl*", "HSEC-*"),
    ids=("HSEC-",),
    ecosystems=("Hackage",),
    least=20,
    default=True,
)
