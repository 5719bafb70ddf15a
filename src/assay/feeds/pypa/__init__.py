"""Python Packaging Advisory Database."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="pypa",
    title="Python Packaging Advisory Database",
    licence="CC-BY-4.0",
    reads="assay.formats.osv_records:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip", Protocol.OSV_ZIP),),
    files=("pypi.osv.jsonl*",),
    ids=("PYSEC-",),
    ecosystems=("PyPI",),
    least=3000,
    default=True,
    authority=70,
)
