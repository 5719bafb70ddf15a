"""``updates.json``: how far each source was fetched, so that the next update asks only for what is new.

::

    {"schema": 1, "attempted": "2026-11-23T02:00:00Z",
     "sources": {"pypa": {"digest": "sha256:...", "whole": "2026-11-01T02:00:00Z",
                          "places": {"https://.../PyPI/all.zip": {"etag": "...", "cursor": "2026-11-22T23:10:05Z"}}}}}

It only counts for the very shard that it was written for (`digest`), and may be deleted: then all is fetched anew.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from assay.errors import AssayError, ExternalError
from assay.formats.json import as_object, as_text, load_object

NAME = "updates.json"
_SCHEMA = 1


class Place(NamedTuple):
    """One place of a source: the validators of its file and of its list of changes, and how far it was read."""

    etag: str = ""
    modified: str = ""
    changes: str = ""
    cursor: str = ""


class Source(NamedTuple):
    """A source: the shard that this is about, and when it was last fetched whole."""

    digest: str
    whole: str
    places: Mapping[str, Place]


class State(NamedTuple):
    """All sources; `attempted` is when a scan last tried to update by itself and did not get to the end."""

    sources: Mapping[str, Source] = {}
    attempted: str = ""


def load(folder: Path) -> State:
    """The state; empty where there is none, or none that can be read."""
    try:
        value = load_object((folder / NAME).read_bytes())
    except (OSError, AssayError):
        return State()
    if value.get("schema") != _SCHEMA:
        return State()
    sources = {name: _source(as_object(item)) for name, item in as_object(value.get("sources")).items()}
    return State(sources, as_text(value.get("attempted")))


def _source(item: Mapping[str, object]) -> Source:
    places = {
        url: Place(*(as_text(as_object(place).get(key)) for key in Place._fields))
        for url, place in as_object(item.get("places")).items()
    }
    return Source(as_text(item.get("digest")), as_text(item.get("whole")), places)


def save(folder: Path, state: State) -> None:
    """Replace the state; its loss costs time only, so it is not synced."""
    value = {
        "schema": _SCHEMA,
        "attempted": state.attempted,
        "sources": {name: _plain(source) for name, source in sorted(state.sources.items())},
    }
    try:
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".updates-")
        with os.fdopen(descriptor, "w") as file:
            json.dump(value, file, indent=1)
        Path(temporary).replace(folder / NAME)
    except OSError as error:
        raise ExternalError(
            f"{folder} cannot be written: {error.strerror}", "name another place: --data-dir"
        ) from error


def _plain(source: Source) -> dict[str, object]:
    places = {
        url: {key: value for key, value in place._asdict().items() if value} for url, place in source.places.items()
    }
    return {"digest": source.digest, "whole": source.whole, "places": places}
