"""The advisory sources, one folder each; `discover` finds them, nothing lists them."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module

from assay.model.feed import Feed


@cache
def discover() -> tuple[Feed, ...]:
    """All feeds, sorted by name."""
    with os.scandir(__path__[0]) as entries:
        folders = sorted(entry.name for entry in entries if os.path.isfile(f"{entry.path}/__init__.py"))  # noqa: PTH113
    return tuple(map(_load, folders))


def _load(name: str) -> Feed:
    feed = import_module(f"{__name__}.{name}").FEED
    assert isinstance(feed, Feed), f"{name} has no FEED"
    assert feed.name == name.replace("_", "-"), f"{name} calls itself {feed.name}"
    return feed
