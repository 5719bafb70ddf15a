"""Arch Linux security tracker."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="arch",
    title="Arch Linux security tracker",
    licence="public facts of the Arch Linux project",
    reads="assay.feeds.arch.parse:read",
    proof=Proof.SYNTHETIC,
    origin="groups in the form of the tracker's all.json",
    downloads=(Download("https://security.archlinux.org/all.json"),),
    files=("arch-all.json",),
    ecosystems=("Arch Linux",),
    default=True,
    marks=(frozenset(("packages", "affected", "issues", "status")),),
    authority=80,
)
