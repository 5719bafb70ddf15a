"""Links with wanted names whose targets have names that nobody wants: ``usr/bin/node -> ../lib/node20/bin/main``.

The targets take another pass over the layers, so it is only made for those that can matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from assay.engines.catalog import findings
from assay.engines.catalog.dispatch import Dispatch
from assay.engines.catalog.layer import Link, Readers
from assay.engines.catalog.ownership import owned_paths
from assay.engines.catalog.squash import Squashed
from assay.model.ecosystem import Located, Parser
from assay.model.sbom import Skipped
from assay.ports import LayerSource

if TYPE_CHECKING:
    from assay.engines.catalog import Options


def follow(
    squashed: Squashed, layers: Sequence[LayerSource], dispatch: Dispatch, readers: Readers, options: Options
) -> tuple[tuple[Located, ...], tuple[Skipped, ...]]:
    """What parsers find in the targets of links, under the names of the links, from the top layer down; and the links
    that lead to nothing.
    """
    pending = _pending(squashed, dispatch)
    located: list[Located] = []
    for source in reversed(layers):
        wanted = {path: _parsers(links, dispatch) for path, links in pending.items() if path}
        if not wanted:
            break
        part = "\0".join(f"{path}\0{[parser.name for parser in parsers]}" for path, parsers in sorted(wanted.items()))
        result = findings.cached(source, dispatch.only(wanted), readers, options, paths=False, part=part)
        for item in result.files:
            for link in pending.get(item.path, ()):
                if item.parser in link.parsers:
                    located.append(Located(link.path, source.layer.position, item.found, item.parser))
        for path in {item.path for item in result.files}:
            del pending[path]
    return tuple(located), tuple(_lost(pending, dispatch))


def _parsers(links: Iterable[Link], dispatch: Dispatch) -> tuple[Parser, ...]:
    return dispatch.named(name for link in links for name in link.parsers)


def _lost(pending: Mapping[str, Sequence[Link]], dispatch: Dispatch) -> Iterator[Skipped]:
    """Links that showed nothing; a program's further names are no loss."""
    for target, links in pending.items():
        for link in links:
            if target != link.path and not _yields(link, dispatch):
                reason = f"links to {target}, where nothing was found" if target else "links to itself"
                yield Skipped(link.path, reason)


def _yields(link: Link, dispatch: Dispatch) -> bool:
    return all(dispatch.ecosystem_of[name].name in dispatch.yielding for name in link.parsers)


def _pending(squashed: Squashed, dispatch: Dispatch) -> dict[str, list[Link]]:
    """Links by target: without those that some parser of theirs reads under the target's own name, and without those
    that only show what an operating-system package brought.
    """
    pending: dict[str, list[Link]] = {}
    yielding = set()
    for link, target in squashed.links:
        own = {parser.name for parser in dispatch.wants(target)} if target else set()
        if own.isdisjoint(link.parsers):
            pending.setdefault(target, []).append(link)
            if _yields(link, dispatch):
                yielding.add(link.path)
    owned = owned_paths(squashed.files, yielding) if yielding else set()
    kept = {target: [link for link in links if link.path not in owned] for target, links in pending.items()}
    return {target: links for target, links in kept.items() if links}
