"""Red Hat: CSAF VEX documents (one for each CVE) and advisories, and the elder OVAL definitions."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="redhat",
    title="Red Hat security data",
    licence="CC-BY-4.0",
    reads="assay.feeds.redhat.parse:read",
    proof=Proof.SYNTHETIC,
    origin="written after the CSAF and OVAL that Red Hat publishes",
    downloads=(Download("https://security.access.redhat.com/data/csaf/v2/vex/", Protocol.CSAF),),
    files=("rhel-*.oval.xml*", "com.redhat.rhsa-*.xml*"),
    marks=(frozenset(("document", "product_tree", "vulnerabilities")),),
    heads=("https://www.redhat.com", "com.redhat.rhsa", "com.redhat.cve"),
    states=(FixState.FIXED, FixState.NOT_FIXED, FixState.WONT_FIX, FixState.DEFERRED, FixState.END_OF_LIFE),
    ecosystems=("Red Hat",),
    large=True,
    authority=85,
)
