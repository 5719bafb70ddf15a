"""The dependency graph made whole: every component is reached from the root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def connect(root: str, ids: Iterable[str], edges: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Sorted dependencies of every id and of `root`; what nobody needs hangs on the root.

    A cycle that nothing leads to hangs on the root by its first id. Edges to or from unknown ids and to itself are
    dropped.
    """
    known = set(ids)
    needs: dict[str, set[str]] = {identity: set() for identity in known}
    needed: set[str] = set()
    for dependent, dependency in edges:
        if dependent in known and dependency in known and dependent != dependency:
            needs[dependent].add(dependency)
            needed.add(dependency)
    top = known - needed
    reached = _reach(top, needs)
    for identity in sorted(known - reached):
        if identity not in reached:
            top.add(identity)
            reached |= _reach({identity}, needs)
    return {root: tuple(sorted(top))} | {identity: tuple(sorted(needs[identity])) for identity in sorted(known)}


def _reach(start: Iterable[str], needs: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    todo = list(start)
    while todo:
        identity = todo.pop()
        if identity not in reached:
            reached.add(identity)
            todo.extend(needs[identity])
    return reached
