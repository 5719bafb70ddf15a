"""What an advisory source is to assay: who reads its files, where they come from, and what it can say.

A feed is a folder under `assay.feeds` whose ``__init__`` holds one `Feed` named ``FEED``; it names its reader as
``"module:function"``, a pure function ``(Document, source) -> Iterator[Record | Skipped]``. A broken record becomes a
`Skipped` that names it; `assay.errors.Malformed` is raised only where nothing can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from assay.model.advisory import FixState
from assay.model.ecosystem import Proof


@dataclass(frozen=True, slots=True)
class Document:
    """A file of a source, unpacked: `name` is its path within the source (``GHSA-….json``, ``main.yaml``)."""

    name: str
    content: bytes

    @property
    def text(self) -> str:
        """The content as UTF-8; bad bytes become U+FFFD."""
        return self.content.decode("utf-8-sig", "replace")


class Protocol(StrEnum):
    """How a source is kept up to date."""

    FILE = "file"
    """A file, compressed or not, or an archive of files: fetched whole, when its ETag or date is new."""
    OSV_ZIP = "osv-zip"
    """``URL/all.zip`` at first, then the records that ``URL/modified_id.csv`` names as newer."""
    NVD_API = "nvd-api"
    """NVD API 2.0: pages, then what was modified since."""
    LISTING = "listing"
    """An index (HTML, JSON or text) names the files; `Download.select` is a regular expression (RE2) on their names."""
    CSAF = "csaf"
    """A CSAF provider: ``index.txt`` and ``changes.csv`` beside the documents."""


class Download(NamedTuple):
    """One place that a source is fetched from; `about` names what it holds where a source has several."""

    url: str
    protocol: Protocol = Protocol.FILE
    select: str = ""
    about: str = ""


class Feed(NamedTuple):
    """An advisory source.

    `reads` is ``"module:function"`` with ``function(document: Document, source: str) -> Iterator[Record | Skipped]``;
    `source` is the feed's name, which judges severities where a record names nobody. `marks` are
    sets of keys: a JSON object (the first record of a file) that has all of one set may be this feed's, the largest
    set wins; `files` are globs on file names that tell it at once; `ids` are beginnings of the ids of its OSV records
    (``GHSA-``); `heads` are texts of which one stands in the first bytes of its other files, and tells apart feeds
    with the same marks.
    `states` are what the source can express; a source that cannot say NOT_FIXED leaves packages undecided.
    `complete` is false for samples; `least` is how many records a whole copy surely has: fewer that somebody imports
    by hand are a sample. `ecosystems` are the OSV ecosystem names whose packages it covers (without release,
    where releases come from the records). `default` feeds are in the set that `assay db update` fetches by itself,
    `large` ones only come on request. `authority` from 0 to 100 says how far its facts are preferred over those of
    other feeds about the same package.
    """

    name: str
    title: str
    licence: str
    reads: str
    proof: Proof
    origin: str
    downloads: tuple[Download, ...] = ()
    files: tuple[str, ...] = ()
    marks: tuple[frozenset[str], ...] = ()
    ids: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    states: tuple[FixState, ...] = (FixState.FIXED, FixState.NOT_FIXED)
    ecosystems: tuple[str, ...] = ()
    complete: bool = True
    least: int = 100
    default: bool = False
    large: bool = False
    authority: int = 50
