"""The package worlds, one folder each; `discover` finds them, nothing lists them."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from assay.model.ecosystem import Ecosystem


@cache
def discover() -> tuple[Ecosystem, ...]:
    """All ecosystems, sorted by name."""
    folders = (entry for entry in Path(__file__).parent.iterdir() if (entry / "__init__.py").is_file())
    return tuple(_load(folder.name) for folder in sorted(folders))


def _load(name: str) -> Ecosystem:
    ecosystem = import_module(f"{__name__}.{name}").ECOSYSTEM
    assert isinstance(ecosystem, Ecosystem), f"{name} has no ECOSYSTEM"
    assert ecosystem.name == name, f"{name} calls itself {ecosystem.name}"
    return ecosystem
