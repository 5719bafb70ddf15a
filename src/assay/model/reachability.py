"""Which scope the components of a lock file have when the file only says so for the direct dependencies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from assay.model.component import Scope

_STRONGEST_FIRST = (Scope.REQUIRED, Scope.OPTIONAL, Scope.EXCLUDED)


def scopes(edges: Iterable[tuple[str, str]], direct: Mapping[Scope, Iterable[str]]) -> dict[str, Scope]:
    """The scope of each id that can be reached from the `direct` ones: the strongest of those that lead there.

    `edges` are pairs (dependent, dependency). Ids that nothing leads to are not in the answer.
    """
    targets: defaultdict[str, list[str]] = defaultdict(list)
    for dependent, dependency in edges:
        targets[dependent].append(dependency)
    found: dict[str, Scope] = {}
    for scope in _STRONGEST_FIRST:
        waiting = list(direct.get(scope, ()))
        while waiting:
            current = waiting.pop()
            if current not in found:
                found[current] = scope
                waiting.extend(targets[current])
    return found
