"""Rocky Linux errata."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="rocky",
    title="Rocky Linux errata",
    licence="BSD-3-Clause",
    reads="assay.formats.osv_records:read",
    proof=Proof.SYNTHETIC,
    origin="records in the form of OSV's export of Apollo",
    downloads=(Download("https://osv-vulnerabilities.storage.googleapis.com/Rocky%20Linux/all.zip", Protocol.OSV_ZIP),),
    files=("RLSA-*.json", "RXSA-*.json", "rocky*.jsonl*"),
    ids=("RLSA-", "RXSA-"),
    ecosystems=("Rocky Linux",),
    default=True,
    states=(FixState.FIXED,),
    authority=80,
)
