"""FILE: the file behind an address, whole, when its validators are new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from assay.adapters.advisories.fetch import Fetched, Fetcher, Validators
from assay.adapters.advisories.places.change import Change
from assay.adapters.advisories.unpack import documents, unpack
from assay.adapters.advisories.update_state import Place
from assay.errors import InputError
from assay.model.feed import Document, Download, Protocol
from assay.model.sbom import Skipped

_READ = (".json", ".jsonl", ".yaml", ".yml", ".csv", ".xml", ".toml")


def gather(download: Download, fetcher: Fetcher, known: Place | None) -> Change | None:
    """The file, unless it is what `known` says."""
    validators = Validators(known.etag, known.modified) if known else Validators()
    fetched = fetcher.file(download.url, validators)
    if fetched is None:
        return None
    place = Place(*fetched.validators)
    alone = file_name(download.url)
    return Change(place, lambda change: unpacked(fetcher, fetched, download), whole=True, alone=alone)


def unpacked(fetcher: Fetcher, fetched: Fetched, download: Download) -> Iterator[Document | Skipped]:
    """The documents of a file that are the source's: an archive may hold scripts and texts too."""
    if fetched.path.is_dir():
        found = documents(fetched.path)
    else:
        found = _opened(fetched.path, file_name(download.url))
    try:
        for item in found:
            if isinstance(item, Skipped) or _is_wanted(item.name, download):
                yield item
    finally:
        fetcher.discard(fetched)


def file_name(url: str) -> str:
    """The last part of an address."""
    return unquote(urlsplit(url).path.rpartition("/")[2])


def _opened(path: Path, name: str) -> Iterator[Document | Skipped]:
    try:
        with path.open("rb") as file:
            yield from unpack(name, file)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "check the disk") from error


def _is_wanted(name: str, download: Download) -> bool:
    if "/" not in name:
        return True
    if download.select and download.protocol is not Protocol.LISTING:
        return re.search(download.select, name) is not None
    return name.endswith(_READ) and "/." not in name and not name.startswith(".")
