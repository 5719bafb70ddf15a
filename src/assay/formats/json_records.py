"""The JSON records of a file: one object, an array, or one object a line; bad ones are told with their line.

A file that was cut off gives the records before the cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from assay.errors import AssayError, Malformed
from assay.formats.json import Object, load
from assay.model.sbom import Skipped

if TYPE_CHECKING:
    from assay.model.advisory import Record
    from assay.model.feed import Document

Read = Callable[[Object], "Record | None"]
"""Turns an object into a record, None where it holds nothing; raises `Malformed`."""


def records(document: Document, read: Read) -> Iterator[Record | Skipped]:
    """The records of a document."""
    for place, item in objects(document):
        if isinstance(item, Skipped):
            yield item
            continue
        try:
            record = read(item)
        except AssayError as error:
            yield Skipped(f"{place} ({str(item.get('id', '?'))[:80]})", error.what)
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            yield Skipped(f"{place} ({str(item.get('id', '?'))[:80]})", f"not of the expected form: {error}")
        else:
            if record is not None:
                yield record


def objects(document: Document) -> Iterator[tuple[str, Object | Skipped]]:
    """The objects of a document, each with its place."""
    content = document.content.strip()
    if b"\n" in content and content[:1] == b"{":
        first = content[: content.index(b"\n")].rstrip()
        if first.endswith(b"}") and len(first) > 2:
            yield from _lines(document.name, content)
            return
    value = load(content)
    for number, item in enumerate(value if isinstance(value, list) else [value], 1):
        place = f"{document.name}: record {number}" if isinstance(value, list) else document.name
        yield place, item if isinstance(item, dict) else Skipped(place, "not a JSON object")


def _lines(name: str, content: bytes) -> Iterator[tuple[str, Object | Skipped]]:
    import msgspec

    decode = msgspec.json.Decoder().decode
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        place = f"{name}: line {number}"
        try:
            item = decode(line)
        except (msgspec.DecodeError, RecursionError, ValueError):
            try:
                item = load(line)
            except Malformed as error:
                yield place, Skipped(place, error.what)
                continue
        yield place, item if isinstance(item, dict) else Skipped(place, "not a JSON object")
