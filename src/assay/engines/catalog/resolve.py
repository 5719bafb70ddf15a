"""Dependencies by name made into edges: within an ecosystem and a scope, the first alternative that is there wins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from assay.model.component import Component, Occurrence
from assay.model.ecosystem import Ecosystem, Located


class Resolved:
    """Components and edges of one ecosystem, every identity being the final one."""

    def __init__(self) -> None:
        self.components: list[Component] = []
        self.edges: set[tuple[str, str]] = set()
        self.owners: list[tuple[str, str, bytes]] = []
        """Owner's id, the root folder, and the raw paths that it owns relative to that."""


def resolve(ecosystem: Ecosystem, files: Sequence[Located]) -> Resolved:
    """Give every component its final identity, and turn needs into edges."""
    result = Resolved()
    names: dict[str, dict[str, str]] = defaultdict(dict)
    local: list[dict[str, str]] = []
    for located in files:
        local.append(_identities(ecosystem, located, result, names[located.found.scope]))
    for located, identities in zip(files, local, strict=True):
        scope = names[located.found.scope]
        result.edges.update(_edges(located, identities, scope))
        for owned in located.found.owns:
            owner = scope.get(owned.owner)
            if owner is not None:
                result.owners.append((owner, located.found.root, owned.paths))
    return result


def _identities(ecosystem: Ecosystem, located: Located, result: Resolved, names: dict[str, str]) -> dict[str, str]:
    """File the components of one finding under their final ids, and these under their names; says which local id
    became which.
    """
    identities: dict[str, str] = {}
    for component in located.found.components:
        layer, parser = located.layer, located.parser
        places = [Occurrence(item.path, layer, item.found_by or parser, item.line) for item in component.occurrences]
        final = component.changed(
            ref="",
            ecosystem=component.ecosystem or ecosystem.name,
            occurrences=tuple(places) or (Occurrence(located.path, layer, parser),),
        )
        identity = final.id
        is_final = component.purl is not None and not component.ref
        identities[identity if is_final else component.id] = identity
        names.setdefault(component.name, identity)
        result.components.append(final)
    for name, identity in located.found.provides:
        names.setdefault(name, identities.get(identity, identity))
    return identities


def _edges(located: Located, identities: Mapping[str, str], names: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for dependent, dependency in located.found.edges:
        yield identities.get(dependent, dependent), identities.get(dependency, dependency)
    for need in located.found.needs:
        target = next((names[name] for name in need.names if name in names), None)
        dependent = identities.get(need.dependent, need.dependent)
        if target is not None and target != dependent:
            yield dependent, target
