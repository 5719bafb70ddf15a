"""Links with wanted names whose targets have names that nobody wants: ``usr/bin/node -> ../lib/node20/bin/main``; and
hard links whose targets another layer has deleted or replaced, for the content is still there under their name.

The targets take another pass over the layers, so it is only made for those that can matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from assay.engines.catalog import findings
from assay.engines.catalog.dispatch import Dispatch
from assay.engines.catalog.layer import LayerFindings, Link, Readers
from assay.engines.catalog.ownership import owned_paths
from assay.engines.catalog.squash import Leading, Squashed, lowest
from assay.model.ecosystem import Located, Parser
from assay.model.sbom import Skipped
from assay.ports import LayerSource

if TYPE_CHECKING:
    from assay.engines.catalog import Options

MAX_NAMES = 1000
"""Links to one file that are followed, for all that is in the file is listed under each of them."""


def follow(
    squashed: Squashed,
    layers: Sequence[LayerSource],
    read: Sequence[LayerFindings],
    dispatch: Dispatch,
    readers: Readers,
    options: Options,
) -> tuple[tuple[Located, ...], tuple[Skipped, ...]]:
    """What parsers find in the targets of links, under the names of the links, from the top layer down; and the links
    that lead to nothing.
    """
    pending = _pending(squashed, dispatch)
    excess = [_cut(target, links) for target, links in pending.items() if len(links) > MAX_NAMES]
    seen = _seen(pending, layers, read, options)
    located: list[Located] = []
    for source in reversed(layers):
        position = source.layer.position
        reached = {path: [item for item in links if _reaches(item, position, seen)] for path, links in pending.items()}
        wanted = {path: _parsers(links, dispatch) for path, links in reached.items() if path and links}
        if not wanted:
            continue
        part = "\0".join(f"{path}\0{[parser.name for parser in parsers]}" for path, parsers in sorted(wanted.items()))
        result = findings.cached(source, dispatch.only(wanted), readers, options, paths=False, part=part)
        for found in result.files:
            for link in (item.link for item in reached.get(found.path, ())):
                if found.parser in link.parsers:
                    located.append(Located(link.path, position, found.found, found.parser))
        for path in {item.path for item in result.files}:
            pending[path] = [item for item in pending[path] if not _reaches(item, position, seen)]
    return tuple(located), (*excess, *_lost(pending, dispatch))


def _cut(target: str, links: list[Leading]) -> Skipped:
    """Leave out the names beyond `MAX_NAMES`; what the target holds is shown under the others."""
    rest = len(links) - MAX_NAMES
    del links[MAX_NAMES:]
    return Skipped(target, f"{rest} more names of it are not listed")


def _seen(
    pending: Mapping[str, Sequence[Leading]],
    layers: Sequence[LayerSource],
    read: Sequence[LayerFindings],
    options: Options,
) -> Mapping[str, int]:
    """The lowest layer in which the target of a symbolic link is what the link shows; empty where all layers count."""
    targets = {path for path, links in pending.items() if any(not item.link.hard for item in links)}
    if options.all_layers or len(layers) < 2 or not targets:
        return {}
    return lowest(list(zip([item.layer.position for item in layers], read, strict=True)), targets)


def _reaches(leading: Leading, position: int, seen: Mapping[str, int]) -> bool:
    """Whether the target may lie in this layer: of a hard link in its own or below, of a symbolic one wherever it is
    not hidden.
    """
    return position <= leading.layer if leading.link.hard else position >= seen.get(leading.target, position)


def _parsers(links: Iterable[Leading], dispatch: Dispatch) -> tuple[Parser, ...]:
    return dispatch.named(name for item in links for name in item.link.parsers)


def _lost(pending: Mapping[str, Sequence[Leading]], dispatch: Dispatch) -> Iterator[Skipped]:
    """Links that showed nothing; a program's further names are no loss."""
    for target, links in pending.items():
        for link in (item.link for item in links):
            if target != link.path and not _yields(link, dispatch):
                reason = f"links to {target}, where nothing was found" if target else "links to itself"
                yield Skipped(link.path, reason)


def _yields(link: Link, dispatch: Dispatch) -> bool:
    return all(dispatch.ecosystem_of[name].name in dispatch.yielding for name in link.parsers)


def _pending(squashed: Squashed, dispatch: Dispatch) -> dict[str, list[Leading]]:
    """Links by target: without those that some parser of theirs reads under the target's own name, and without those
    that only show what an operating-system package brought.
    """
    pending: dict[str, list[Leading]] = {}
    yielding = set()
    for item in squashed.links:
        own = {parser.name for parser in dispatch.wants(item.target)} if item.target else set()
        if item.alone or (not item.link.further and own.isdisjoint(item.link.parsers)):
            pending.setdefault(item.target, []).append(item)
            if _yields(item.link, dispatch):
                yielding.add(item.link.path)
    owned = owned_paths(squashed.files, yielding) if yielding else set()
    kept = {target: [item for item in links if item.link.path not in owned] for target, links in pending.items()}
    return {target: links for target, links in kept.items() if links}
