"""Exploit Prediction Scoring System."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="epss",
    title="Exploit Prediction Scoring System",
    licence="free use, FIRST",
    reads="assay.feeds.epss.parse:read",
    proof=Proof.SYNTHETIC,
    origin="a file in the form of the daily scores",
    downloads=(Download("https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"),),
    files=("epss_scores*.csv*",),
    default=True,
    authority=90,
)
