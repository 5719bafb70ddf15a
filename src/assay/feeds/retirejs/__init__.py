"""Retire.js."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="retirejs",
    title="Retire.js",
    licence="Apache-2.0",
    reads="assay.feeds.retirejs.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://raw.githubusercontent.com/RetireJS/retire.js/master/repository/jsrepository.json"),),
    files=("npm-retirejs.osv.jsonl*", "jsrepository*.json"),
    ids=("RETIREJS:",),
    ecosystems=("npm",),
    complete=False,
    authority=40,
)
