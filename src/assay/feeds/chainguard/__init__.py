"""Chainguard security database."""

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="chainguard",
    title="Chainguard security database",
    licence="Chainguard licence",
    reads="assay.feeds.chainguard.parse:read",
    proof=Proof.SYNTHETIC,
    origin="a database in the form of secdb",
    downloads=(Download("https://packages.cgr.dev/chainguard/security.json"),),
    files=("chainguard*.json",),
    ecosystems=("Chainguard",),
    default=True,
    states=(FixState.FIXED, FixState.NOT_AFFECTED),
    authority=80,
)
