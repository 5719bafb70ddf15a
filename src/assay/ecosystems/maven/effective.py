"""Effective models: parents, properties, managed versions and imported bills of materials.

(Maven, "Introduction to the POM": project inheritance, interpolation; "Introduction to the Dependency Mechanism":
dependency management, importing dependencies.) Models come from a `Library`, so only from files that were seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from assay.ecosystems.maven.pom import Dependency, Pom

_MAX_PARENTS = 30
_MAX_IMPORTS = 20
_MAX_ROUNDS = 12
_MAX_TEXT = 4096
_EXPRESSION = re.compile(r"\$\{([^${}]{1,200})\}")


@dataclass(frozen=True, slots=True)
class Library:
    """The models that are known, by path and by coordinates."""

    by_path: Mapping[str, Pom] = field(default_factory=dict)
    by_coordinates: Mapping[tuple[str, str, str], Pom] = field(default_factory=dict)

    def parent(self, pom: Pom, path: str) -> tuple[Pom | None, str]:
        """The parent of the model at `path`, and its path (empty where it was found by coordinates)."""
        if not pom.parent[1]:
            return None, ""
        for candidate in _relative(path, pom.parent_path) if path and pom.parent_path else ():
            found = self.by_path.get(candidate)
            if found is not None and found.artifact == pom.parent[1]:
                return found, candidate
        return self.by_coordinates.get(pom.parent), ""


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


def effective(pom: Pom, path: str, library: Library, depth: int = 0) -> Pom:
    """The model with what its parents say, interpolated, and with versions and scopes from the management."""
    merged, where = pom, path
    seen = {id(pom)}
    for _ in range(_MAX_PARENTS):
        parent, where = library.parent(pom, where)
        if parent is None or id(parent) in seen:
            break
        seen.add(id(parent))
        merged = _inherit(merged, parent)
        pom = parent
    resolved = _interpolated(merged)
    managed = _managed(resolved, library, depth)
    dependencies = tuple(_with_managed(item, managed.get(item.key)) for item in resolved.dependencies)
    return replace(resolved, managed=tuple(managed.values()), dependencies=dependencies)


def _inherit(child: Pom, parent: Pom) -> Pom:
    own = {item.key for item in child.dependencies}
    managed = {item.key for item in child.managed}
    return replace(
        child,
        group=child.group or parent.group or child.parent[0],
        version=child.version or parent.version or child.parent[2],
        licenses=child.licenses or parent.licenses,
        organization=child.organization or parent.organization,
        url=child.url or parent.url,
        scm=child.scm or parent.scm,
        properties={**parent.properties, **child.properties},
        managed=child.managed + tuple(item for item in parent.managed if item.key not in managed),
        dependencies=child.dependencies + tuple(item for item in parent.dependencies if item.key not in own),
    )


def _interpolated(pom: Pom) -> Pom:
    pom = replace(pom, group=pom.group or pom.parent[0], version=pom.version or pom.parent[2])
    values = dict(pom.properties)
    for prefix in ("project.", "pom.", ""):
        known = {"groupId": pom.group, "artifactId": pom.artifact, "version": pom.version, "name": pom.name}
        known |= {"packaging": pom.packaging, "parent.groupId": pom.parent[0], "parent.version": pom.parent[2]}
        known |= {"parent.artifactId": pom.parent[1]}
        values |= {prefix + name: value for name, value in known.items() if prefix or "." in name or name == "version"}
    fill = partial(interpolate, values=values)
    return replace(
        pom,
        group=fill(pom.group),
        artifact=fill(pom.artifact),
        version=fill(pom.version),
        name=fill(pom.name),
        description=fill(pom.description),
        url=fill(pom.url),
        scm=fill(pom.scm),
        managed=tuple(_filled(item, values) for item in pom.managed),
        dependencies=tuple(_filled(item, values) for item in pom.dependencies),
    )


def _filled(item: Dependency, values: Mapping[str, str]) -> Dependency:
    if "$" not in item.group + item.artifact + item.version + item.scope + item.kind + item.classifier:
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


def _managed(pom: Pom, library: Library, depth: int) -> dict[tuple[str, str, str, str], Dependency]:
    """The managed dependencies; an import stands for those of another model, and what comes first wins."""
    found: dict[tuple[str, str, str, str], Dependency] = {}
    imports = []
    for item in pom.managed:
        if item.scope == "import" and item.kind == "pom":
            imports.append(item)
        else:
            found.setdefault(item.key, item)
    for item in imports[: _MAX_IMPORTS if depth < 4 else 0]:
        other = library.by_coordinates.get((item.group, item.artifact, item.version))
        if other is not None:
            for entry in effective(other, "", library, depth + 1).managed:
                found.setdefault(entry.key, entry)
    return found


def _with_managed(item: Dependency, managed: Dependency | None) -> Dependency:
    if managed is None:
        return item
    version, scope = item.version or managed.version, item.scope or managed.scope
    return replace(item, version=version, scope=scope, optional=item.optional or managed.optional)
