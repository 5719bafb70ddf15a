"""endoflife.date."""

from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed

FEED = Feed(
    name="endoflife",
    title="endoflife.date",
    licence="MIT",
    reads="assay.feeds.endoflife.parse:read",
    proof=Proof.FOREIGN,
    origin="advisories of 2026, ../shared/data/advisories",
    downloads=(
        Download("https://endoflife.date/api/alpine-linux.json"),
        Download("https://endoflife.date/api/debian.json"),
        Download("https://endoflife.date/api/ubuntu.json"),
        Download("https://endoflife.date/api/almalinux.json"),
        Download("https://endoflife.date/api/rocky-linux.json"),
        Download("https://endoflife.date/api/rhel.json"),
        Download("https://endoflife.date/api/oracle-linux.json"),
        Download("https://endoflife.date/api/amazon-linux.json"),
        Download("https://endoflife.date/api/sles.json"),
        Download("https://endoflife.date/api/opensuse.json"),
        Download("https://endoflife.date/api/photon.json"),
        Download("https://endoflife.date/api/fedora.json"),
    ),
    files=("eol-distros.json",),
    marks=(frozenset(("releaseCycle", "releaseDate", "eol")), frozenset(("cycle", "releaseDate", "eol"))),
    default=True,
)
