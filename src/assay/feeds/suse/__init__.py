"""SUSE and openSUSE: CSAF VEX documents, and OVAL definitions."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="suse",
    title="SUSE security data",
    licence="CC-BY-4.0",
    reads="assay.feeds.suse.parse:read",
    proof=Proof.SYNTHETIC,
    origin="written after the CSAF and OVAL that SUSE publishes",
    downloads=(Download("https://ftp.suse.com/pub/projects/security/csaf-vex/", Protocol.CSAF),),
    files=("suse.*.xml*", "opensuse.*.xml*"),
    marks=(frozenset(("document", "product_tree", "vulnerabilities")),),
    heads=("https://www.suse.com", "org.opensuse.security"),
    states=(FixState.FIXED, FixState.NOT_FIXED),
    ecosystems=("SLES", "openSUSE"),
    large=True,
    authority=85,
)
