"""Drops the ranges of manifests for which a lock file or a node_modules folder has an exact version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from assay.model.ecosystem import Found, Located
from assay.model.sbom import Distribution


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The files, each manifest without the ranges that are met by one of the places where it would look."""
    del distribution
    known = {name for part in files for name, _ in part.found.provides if "/range:" not in name}
    return [
        replace(part, found=_settled(part.found, known)) if part.found.facts.get("ranges") else part for part in files
    ]


def _settled(found: Found, known: set[str]) -> Found:
    ranges = cast("Mapping[str, Sequence[str]]", found.facts["ranges"])
    met = {own for own, names in ranges.items() if not known.isdisjoint(names)}
    kept = {identity for name, identity in found.provides if name not in met}
    dropped = {identity for name, identity in found.provides if name in met} - kept
    return replace(
        found,
        components=tuple(one for one in found.components if one.id not in dropped),
        provides=tuple(pair for pair in found.provides if pair[0] not in met),
    )
