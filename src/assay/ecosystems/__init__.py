"""The package worlds, one folder each; `discover` finds them, nothing lists them."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module

from assay.model.ecosystem import Ecosystem


@cache
def discover() -> tuple[Ecosystem, ...]:
    """All ecosystems, sorted by name."""
    with os.scandir(__path__[0]) as entries:  # pathlib would double the time, and this is asked at every start
        folders = sorted(entry.name for entry in entries if os.path.isfile(f"{entry.path}/__init__.py"))  # noqa: PTH113
    return tuple(map(_load, folders))


def _load(name: str) -> Ecosystem:
    ecosystem = import_module(f"{__name__}.{name}").ECOSYSTEM
    assert isinstance(ecosystem, Ecosystem), f"{name} has no ECOSYSTEM"
    assert ecosystem.name == name, f"{name} calls itself {ecosystem.name}"
    return ecosystem
