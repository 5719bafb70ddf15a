"""Sources of a user's own, in the configuration, with no code.

::

    [db]
    feed = ["acme=osv+https://advisories.acme.example/all.zip", "house=csaf+complete+https://acme.example/csaf/"]

``NAME=FORMAT[+complete]+ADDRESS``: `FORMAT` is ``osv`` (a file, an archive, JSON lines, or OSV's ``all.zip`` with
``modified_id.csv`` beside it) or ``csaf`` (the folder of a provider with ``index.txt``, or a file); `ADDRESS` may be a
path. ``complete`` says that packages without an advisory there have none; else the source only adds to others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assay.errors import UsageError
from assay.feeds import discover
from assay.model.ecosystem import Proof
from assay.model.feed import Download, Feed, Protocol

_FORM = re.compile(r"([a-z0-9][a-z0-9._-]{0,63})=(osv|csaf)(\+complete)?\+(\S+)")
_READS = {"osv": "assay.formats.osv_records:read", "csaf": "assay.formats.csaf_records:read"}


def parse(texts: Iterable[str]) -> tuple[Feed, ...]:
    """The feeds; raises `UsageError` for a text of another form, and for names that are taken."""
    taken = {feed.name for feed in discover()}
    found: dict[str, Feed] = {}
    for text in texts:
        match = _FORM.fullmatch(text)
        if match is None:
            raise UsageError(f"db.feed: {text!r} is no feed", "write NAME=osv+ADDRESS or NAME=csaf+ADDRESS")
        name, form, complete, address = match.groups()
        if name in taken or name in found:
            raise UsageError(f"db.feed: there is another source {name!r}", "give it a name of its own")
        found[name] = _feed(name, form, bool(complete), address)
    return tuple(found.values())


def _feed(name: str, form: str, complete: bool, address: str) -> Feed:
    protocol = Protocol.FILE
    if form == "osv" and address.endswith("/all.zip"):
        protocol = Protocol.OSV_ZIP
    elif form == "csaf" and address.endswith("/"):
        protocol = Protocol.CSAF
    return Feed(
        name=name,
        title=name,
        licence="its owner's",
        reads=_READS[form],
        proof=Proof.SYNTHETIC,
        origin="the user's configuration",
        downloads=(Download(address, protocol),),
        complete=complete,
        default=True,
        authority=95,
    )
