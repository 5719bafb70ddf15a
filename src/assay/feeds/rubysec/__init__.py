"""Ruby Advisory Database."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="rubysec",
    title="Ruby Advisory Database",
    licence="public domain",
    reads="assay.feeds.rubysec.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://codeload.github.com/rubysec/ruby-advisory-db/tar.gz/refs/heads/master"),),
    files=("rubygems-rubysec.jsonl*",),
    ids=("RUBYSEC:",),
    marks=(frozenset(("gem", "title", "date")), frozenset(("engine", "title", "date"))),
    ecosystems=("RubyGems",),
    least=500,
    authority=60,
)
