"""R Consortium Advisory Database."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="cran",
    title="R Consortium Advisory Database",
    licence="Apache-2.0",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://osv-vulnerabilities.storage.googleapis.com/CRAN/all.zip", Protocol.OSV_ZIP),),
    files=("cran.osv.jsonl*", "RSEC-*"),
    ids=("RSEC-",),
    ecosystems=("CRAN",),
    least=10,
    default=True,
)
