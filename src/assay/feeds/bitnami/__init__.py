"""Bitnami Vulnerability Database."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="bitnami",
    title="Bitnami Vulnerability Database",
    licence="Apache-2.0",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://osv-vulnerabilities.storage.googleapis.com/Bitnami/all.zip", Protocol.OSV_ZIP),),
    files=("bitnami.osv.jsonl*", "BIT-*.json"),
    ids=("BIT-",),
    ecosystems=("Bitnami",),
    least=1000,
    default=True,
)
