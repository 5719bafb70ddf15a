"""Effective models: parents, properties, managed versions and imported bills of materials.

(Maven, "Introduction to the POM": project inheritance, interpolation; "Introduction to the Dependency Mechanism":
dependency management, importing dependencies.) Models come from a `Library`, so only from files that were seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from assay.ecosystems.maven.pom import Dependency, Pom

_MAX_PARENTS = 30
_MAX_IMPORTS = 100
_MAX_DEPTH = 20
_MAX_SEEN = 1000
"""Bills of materials that are looked through for what is missing."""
_MAX_ROUNDS = 12
_MAX_TEXT = 4096
_EXPRESSION = re.compile(r"\$\{([^${}]{1,200})\}")


Key = tuple[str, str, str, str]
"""Group, artifact, type and classifier."""
Coordinates = tuple[str, str, str]
"""Group, artifact and version."""


@dataclass(frozen=True, slots=True)
class Library:
    """The models that are known, by path and by coordinates; `beside` gives those that lie outside of the source.

    `projects` are those of the source, by `id`; `imported` keeps what was worked out.
    """

    by_path: Mapping[str, Pom] = field(default_factory=dict)
    by_coordinates: Mapping[Coordinates, Pom] = field(default_factory=dict)
    imported: dict[int, dict[Key, Dependency]] = field(default_factory=dict)
    beside: Callable[[Coordinates], Pom | None] | None = None
    projects: frozenset[int] = frozenset()

    def model(self, name: Coordinates) -> Pom | None:
        """The model of these coordinates; what is in the source counts before what is beside it."""
        found = self.by_coordinates.get(name)
        return self.beside(name) if found is None and self.beside is not None else found

    def parent(self, pom: Pom, path: str) -> tuple[Pom | None, str]:
        """The parent of the model at `path`, and its path (empty where it was found by coordinates)."""
        if not pom.parent[1]:
            return None, ""
        for candidate in _relative(path, pom.parent_path) if path and pom.parent_path else ():
            found = self.by_path.get(candidate)
            if found is not None and found.artifact == pom.parent[1]:
                return found, candidate
        return self.model(pom.parent), ""


def _relative(path: str, relative: str) -> tuple[str, ...]:
    """The file that a relative path names, and pom.xml below it where it may name a folder."""
    parts = path.split("/")[:-1]
    for part in relative.replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                return ()
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    target = "/".join(parts)
    return (target,) if target.endswith(".xml") else (f"{target}/pom.xml".lstrip("/"), target)


def effective(pom: Pom, path: str, library: Library) -> Pom:
    """The model with what its parents say, interpolated, and with versions and scopes from the management."""
    chain = _chain(pom, path, library)
    merged = _placed(_merged(chain))
    if not any(one.managed for one in chain) and not _expressions(merged):
        return merged
    values = _values(merged)
    fill = partial(interpolate, values=values)
    dependencies = [_filled(item, values) for item in merged.dependencies]
    managed = _managed(chain, values, library, {item.artifact for item in dependencies}) if dependencies else {}
    return replace(
        merged,
        group=fill(merged.group),
        artifact=fill(merged.artifact),
        version=fill(merged.version),
        name=fill(merged.name),
        description=fill(merged.description),
        url=fill(merged.url),
        scm=fill(merged.scm),
        managed=(),
        dependencies=tuple(_with_managed(item, managed.get(item.key)) for item in dependencies),
    )


def absent(pom: Pom, path: str, library: Library) -> tuple[tuple[str, Coordinates], ...]:
    """The models that nobody has and this one builds on, each with what it would be (``parent``, ``import``).

    What another project of the source names on the way is told of that one, and an import whose name takes a property
    of a parent that is absent is not told besides that.
    """
    found: dict[tuple[str, Coordinates], None] = {}
    waiting, seen = [(pom, path)], {id(pom)}
    while waiting and len(seen) < _MAX_SEEN:
        one, where = waiting.pop()
        chain = _chain(one, where, library)
        own = [item for item in chain if item is pom or id(item) not in library.projects]
        orphan = bool(chain[-1].parent[1]) and library.model(chain[-1].parent) is None
        if orphan and chain[-1] in own:
            found["parent", chain[-1].parent] = None
        values = _values(_placed(_merged(chain)))
        for name in (name for item in own for name in _imports(item, values)):
            other = library.model(name)
            if other is None:
                if not (orphan and "${" in "".join(name)):
                    found["import", name] = None
            elif id(other) not in seen and id(other) not in library.projects:
                seen.add(id(other))
                waiting.append((other, ""))
    return tuple(found)


def _imports(pom: Pom, values: Mapping[str, str]) -> list[Coordinates]:
    """The bills of materials that a model itself imports."""
    items = [_filled(item, values) for item in pom.managed if item.scope == "import" and item.kind == "pom"]
    return [(item.group, item.artifact, item.version) for item in items[:_MAX_IMPORTS]]


def _expressions(pom: Pom) -> bool:
    """Whether a text of the model may hold an expression."""
    texts = (pom.group, pom.artifact, pom.version, pom.name, pom.description, pom.url, pom.scm)
    return any("${" in text for text in texts) or any("$" in _texts(item) for item in pom.dependencies)


def _chain(pom: Pom, path: str, library: Library) -> list[Pom]:
    """The model and its parents, the nearest first."""
    chain, where, current = [pom], path, pom
    seen = {id(pom)}
    for _ in range(_MAX_PARENTS):
        parent, where = library.parent(current, where)
        if parent is None or id(parent) in seen:
            break
        seen.add(id(parent))
        chain.append(parent)
        current = parent
    return chain


def _merged(chain: list[Pom]) -> Pom:
    merged = chain[0]
    for parent in chain[1:]:
        merged = _inherit(merged, parent)
    return merged


def _inherit(child: Pom, parent: Pom) -> Pom:
    own = {item.key for item in child.dependencies}
    return replace(
        child,
        group=child.group or parent.group or child.parent[0],
        version=child.version or parent.version or child.parent[2],
        licenses=child.licenses or parent.licenses,
        organization=child.organization or parent.organization,
        url=child.url or parent.url,
        scm=child.scm or parent.scm,
        properties={**parent.properties, **child.properties},
        dependencies=child.dependencies + tuple(item for item in parent.dependencies if item.key not in own),
    )


def _placed(pom: Pom) -> Pom:
    """The model with group and version, which are those of the parent unless it says otherwise."""
    if pom.group and pom.version:
        return pom
    return replace(pom, group=pom.group or pom.parent[0], version=pom.version or pom.parent[2])


def _values(pom: Pom) -> dict[str, str]:
    """What expressions may name: the properties of the model, and what it says of itself."""
    group, artifact, version = pom.parent
    own = (pom.group, pom.artifact, pom.version, pom.name, pom.packaging, group, artifact, version)
    return pom.properties | {name: own[place] for name, place in _OWN}


_PARENT = ("parent.groupId", "parent.artifactId", "parent.version")
_TOLD = ("groupId", "artifactId", "version", "name", "packaging", *_PARENT)
_OWN = tuple(
    (prefix + name, place)
    for prefix in ("project.", "pom.", "")
    for place, name in enumerate(_TOLD)
    if prefix or "." in name or name == "version"
)
"""The expressions for what a model says of itself, and the place of that among those (`_TOLD`)."""


def _texts(item: Dependency) -> str:
    return item.group + item.artifact + item.version + item.scope + item.kind + item.classifier


def _filled(item: Dependency, values: Mapping[str, str]) -> Dependency:
    if "$" not in _texts(item):
        return item
    fill = partial(interpolate, values=values)
    return Dependency(
        fill(item.group),
        fill(item.artifact),
        fill(item.version),
        fill(item.scope),
        fill(item.kind),
        fill(item.classifier),
        item.optional,
    )


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """`text` with its expressions replaced as far as they are known."""
    for _ in range(_MAX_ROUNDS):
        if "${" not in text:
            return text
        changed = _EXPRESSION.sub(lambda match: values.get(match[1], match[0]), text)
        if changed == text or len(changed) > _MAX_TEXT:
            return text
        text = changed
    return text


def _managed(
    chain: list[Pom], values: Mapping[str, str], library: Library, artifacts: set[str] | None, depth: int = 0
) -> dict[Key, Dependency]:
    """The managed dependencies, of these `artifacts` only (None: all); what comes first wins, imports come last."""
    found: dict[Key, Dependency] = {}
    imports = []
    for raw in (item for pom in chain for item in pom.managed):
        if raw.scope == "import" and raw.kind == "pom":
            imports.append(_filled(raw, values))
        elif artifacts is None or raw.artifact in artifacts or "$" in raw.artifact:
            item = _filled(raw, values)
            found.setdefault(item.key, item)
    for item in imports[: _MAX_IMPORTS if depth < _MAX_DEPTH else 0]:
        other = library.model((item.group, item.artifact, item.version))
        for key, entry in _imported(other, library, depth + 1).items() if other is not None else ():
            if artifacts is None or entry.artifact in artifacts:
                found.setdefault(key, entry)
    return found


def _imported(pom: Pom, library: Library, depth: int) -> dict[Key, Dependency]:
    """What a bill of materials manages; each is worked out once, and one that imports itself adds nothing."""
    known = library.imported.get(id(pom))
    if known is None:
        library.imported[id(pom)] = {}
        chain = _chain(pom, "", library)
        values = _values(_placed(_merged(chain)))
        known = library.imported[id(pom)] = _managed(chain, values, library, None, depth)
    return known


def _with_managed(item: Dependency, managed: Dependency | None) -> Dependency:
    if managed is None:
        return item
    version, scope = item.version or managed.version, item.scope or managed.scope
    return replace(item, version=version, scope=scope, optional=item.optional or managed.optional)
