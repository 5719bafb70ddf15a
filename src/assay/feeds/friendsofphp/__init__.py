"""FriendsOfPHP Security Advisories."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="friendsofphp",
    title="FriendsOfPHP Security Advisories",
    licence="Unlicense",
    reads="assay.feeds.friendsofphp.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(Download("https://codeload.github.com/FriendsOfPHP/security-advisories/tar.gz/refs/heads/master"),),
    files=("packagist-friendsofphp.osv.jsonl*",),
    ids=("FOP:",),
    marks=(frozenset(("title", "branches", "reference")),),
    ecosystems=("Packagist",),
    least=700,
)
