"""What takes several files of the npm world: edges between installed packages, which ranges of manifests are met, and
what Yarn has locked for development alone.

An installed package finds another as Node does: in the node_modules folder inside of it, else in that of the folder
above, and so on upward (Node.js, "Loading from node_modules folders").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from assay.ecosystems.npm import package, yarn_scope
from assay.model.ecosystem import Found, Located
from assay.model.sbom import Distribution


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The files: installed packages with their edges, lock files with scopes, manifests without ranges that are met."""
    del distribution
    places = {name: identity for part in files for name, identity in part.found.provides if "/range:" not in name}
    return [_assembled(part, places) for part in yarn_scope.scoped(files)]


def _assembled(part: Located, places: Mapping[str, str]) -> Located:
    found, facts = part.found, part.found.facts
    if "wants" in facts:
        edges = _edges(found, cast("Sequence[str]", facts["wants"]), places)
        return replace(part, found=replace(found, edges=tuple(edges), facts={}))
    if facts.get("ranges"):
        return replace(part, found=_settled(found, places))
    return part


def _edges(found: Found, wanted: Iterable[str], places: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    folder, identity = found.provides[0]
    homes = package.homes(folder)
    for name in wanted:
        target = next((places[home + name] for home in homes if home + name in places), None)
        if target is not None and target != identity:
            yield identity, target


def _settled(found: Found, known: Mapping[str, str]) -> Found:
    ranges = cast("Mapping[str, Sequence[str]]", found.facts["ranges"])
    met = {own for own, names in ranges.items() if any(name in known for name in names)}
    kept = {identity for name, identity in found.provides if name not in met}
    dropped = {identity for name, identity in found.provides if name in met} - kept
    return replace(
        found,
        components=tuple(one for one in found.components if one.id not in dropped),
        provides=tuple(pair for pair in found.provides if pair[0] not in met),
    )
