"""The package worlds, one folder each; `discover` finds them, nothing lists them."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from assay.model.ecosystem import Ecosystem

if TYPE_CHECKING:
    from assay.model.version import Order


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


@cache
def order(name: str) -> Order:
    """The version order of an OSV ecosystem (``PyPI``, ``Debian:12``) or of an ecosystem here (``pypi``).

    What nobody here knows, and an ecosystem without rules of its own, has the generic order.
    """
    from assay.formats import git_version
    from assay.model.version import Order

    if name == git_version.ECOSYSTEM:
        git = git_version.key
        return Order(git_version.SCHEME, git_version.REVISION, git, git_version.intervals, git, git)
    found = _by_osv_name().get(name.partition(":")[0].lower()) or _by_name().get(name)
    path = os.path.join(__path__[0], found.name, "versions.py") if found is not None else ""  # noqa: PTH118
    if found is None or not os.path.isfile(path):  # noqa: PTH113
        from assay.formats import generic_version

        key = generic_version.key
        return Order("generic", generic_version.REVISION, key, generic_version.intervals, key, key)
    rules = import_module(f"{__name__}.{found.name}.versions")
    last, installed = getattr(rules, "last", rules.key), getattr(rules, "installed", rules.key)
    return Order(rules.SCHEME, rules.REVISION, rules.key, rules.intervals, last, installed)


@cache
def osv_name(name: str) -> Callable[[str], str]:
    """How an OSV ecosystem's names are brought into the form in which they are compared."""
    found = _by_osv_name().get(name.partition(":")[0].lower())
    return found.osv_name if found is not None and found.osv_fold else str


@cache
def _by_osv_name() -> dict[str, Ecosystem]:
    return {osv.lower(): ecosystem for ecosystem in discover() for osv in ecosystem.osv}


@cache
def _by_name() -> dict[str, Ecosystem]:
    return {ecosystem.name: ecosystem for ecosystem in discover()}
