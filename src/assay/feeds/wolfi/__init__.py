"""Wolfi security database."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="wolfi",
    title="Wolfi security database",
    licence="Chainguard licence",
    reads="assay.feeds.wolfi.parse:read",
    proof=Proof.SYNTHETIC,
    origin="a database in the form of secdb",
    downloads=(Download("https://packages.wolfi.dev/os/security.json"),),
    files=("wolfi*.json",),
    ecosystems=("Wolfi",),
    default=True,
    states=(FixState.FIXED, FixState.NOT_AFFECTED),
    authority=80,
)
