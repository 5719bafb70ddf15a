"""Links with wanted names whose targets have names that nobody wants: ``usr/bin/node -> ../lib/node20/bin/main``.

The targets take another pass over the layers, so it is only made for those that can matter.
"""

from __future__ import annotations

from collections.abc import Sequence

from assay.engines.catalog.dispatch import Dispatch
from assay.engines.catalog.layer import Link, Readers, read_layer
from assay.engines.catalog.ownership import owned_paths
from assay.engines.catalog.squash import Squashed
from assay.model.ecosystem import Located
from assay.ports import LayerSource


def follow(
    squashed: Squashed, layers: Sequence[LayerSource], dispatch: Dispatch, readers: Readers
) -> tuple[Located, ...]:
    """What parsers find in the targets of links, under the names of the links; from the top layer down."""
    pending = _pending(squashed, dispatch)
    located: list[Located] = []
    for source in reversed(layers):
        if not pending:
            break
        wanted = {
            path: dispatch.named(name for link in links for name in link.parsers) for path, links in pending.items()
        }
        result = read_layer(source, dispatch.only(wanted), readers, paths=False)
        for item in result.files:
            for link in pending.get(item.path, ()):
                if item.parser in link.parsers:
                    located.append(Located(link.path, source.layer.position, item.found, item.parser))
        for path in {item.path for item in result.files}:
            del pending[path]
    return tuple(located)


def _pending(squashed: Squashed, dispatch: Dispatch) -> dict[str, list[Link]]:
    """Links by target: without those that some parser of theirs reads under the target's own name, and without those
    that only show what an operating-system package brought.
    """
    pending: dict[str, list[Link]] = {}
    yielding = set()
    for link, target in squashed.links:
        own = {parser.name for parser in dispatch.wants(target)}
        if own.isdisjoint(link.parsers):
            pending.setdefault(target, []).append(link)
            if all(dispatch.ecosystem_of[name].name in dispatch.yielding for name in link.parsers):
                yielding.add(link.path)
    owned = owned_paths(squashed.files, yielding) if yielding else set()
    kept = {target: [link for link in links if link.path not in owned] for target, links in pending.items()}
    return {target: links for target, links in kept.items() if links}
