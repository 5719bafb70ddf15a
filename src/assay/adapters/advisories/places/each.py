"""Documents that are fetched one by one, some at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from assay.adapters.advisories.fetch import Fetcher, NotThere, local
from assay.model.feed import Document
from assay.model.sbom import Skipped

MAX_RECORD = 64 << 20
_THREADS = 8


class Wanted(NamedTuple):
    """A document; one that a broken run fetched after `since` is taken as it is."""

    url: str
    name: str
    since: datetime


def each(fetcher: Fetcher, wanted: Sequence[Wanted]) -> Iterator[Document | Skipped]:
    """The documents in their order; the files go once all were read."""
    with ThreadPoolExecutor(_THREADS) as pool:
        futures = [pool.submit(_one, fetcher, item) for item in wanted]
        try:
            for item, future in zip(wanted, futures, strict=True):
                found = future.result()
                yield found if isinstance(found, Skipped) else Document(item.name, found.read_bytes())
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    for item in wanted:
        if local(item.url) is None:
            fetcher.forget(item.url)


def _one(fetcher: Fetcher, item: Wanted) -> Path | Skipped:
    path = fetcher.kept(item.url, item.since)
    if path is not None:
        return path
    try:
        fetched = fetcher.file(item.url, limit=MAX_RECORD)
    except NotThere as error:
        return Skipped(item.name, error.what)
    assert fetched is not None
    return fetched.path
