"""How a component comes into the artifact: the shortest way from a direct dependency of the root."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from assay.model.sbom import Sbom


class Paths:
    """The shortest ways from the root, found in one pass when first asked for."""

    def __init__(self, sbom: Sbom) -> None:
        self._sbom = sbom
        self._parents: Mapping[str, str] | None = None

    def to(self, component: str) -> tuple[str, ...]:
        """The ids from a direct dependency to the component, both included; empty where no edge leads there."""
        if self._parents is None:
            self._parents = _parents(self._sbom)
        if component not in self._parents:
            return ()
        way = [component]
        while (parent := self._parents[way[-1]]) and parent != self._sbom.subject.id:
            way.append(parent)
        return tuple(reversed(way))


def _parents(sbom: Sbom) -> dict[str, str]:
    root = sbom.subject.id
    parents = {root: ""}
    queue = deque([root])
    while queue:
        name = queue.popleft()
        for child in sbom.dependencies.get(name, ()):
            if child not in parents:
                parents[child] = name
                queue.append(child)
    parents.pop(root)
    return parents
