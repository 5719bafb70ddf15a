"""Oracle Linux: OVAL definitions, one file for each release."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="oracle",
    title="Oracle Linux OVAL",
    licence="UPL-1.0",
    reads="assay.formats.oval:read",
    proof=Proof.SYNTHETIC,
    origin="written after the OVAL that Oracle publishes",
    downloads=(
        Download("https://linux.oracle.com/security/oval/", Protocol.LISTING, r"com\.oracle\.elsa-ol\d+\.xml\.bz2"),
    ),
    files=("com.oracle.elsa-*.xml*",),
    heads=("com.oracle.elsa",),
    states=(FixState.FIXED,),
    ecosystems=("Oracle Linux",),
    large=True,
    authority=85,
)
