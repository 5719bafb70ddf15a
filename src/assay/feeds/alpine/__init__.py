"""Alpine security database."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

FEED = Feed(
    name="alpine",
    title="Alpine security database",
    licence="public facts of the Alpine project",
    reads="assay.feeds.alpine.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://secdb.alpinelinux.org/", Protocol.LISTING, r"(v3\.\d+|edge)/(main|community)\.json"),),
    files=("alpine-secdb*.jsonl*",),
    ecosystems=("Alpine",),
    default=True,
    marks=(frozenset(("distro", "repo", "pkg", "fixed")), frozenset(("distroversion", "packages"))),
    states=(FixState.FIXED, FixState.NOT_AFFECTED),
    authority=80,
)
