"""AlmaLinux errata."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="almalinux",
    title="AlmaLinux errata",
    licence="MIT",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://osv-vulnerabilities.storage.googleapis.com/AlmaLinux/all.zip", Protocol.OSV_ZIP),),
    files=("almalinux.osv.jsonl*", "ALSA-*.json", "ALBA-*.json", "ALEA-*.json"),
    ids=("ALSA-", "ALBA-", "ALEA-"),
    ecosystems=("AlmaLinux",),
    least=500,
    default=True,
    states=(FixState.FIXED,),
    authority=80,
)
