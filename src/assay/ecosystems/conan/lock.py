"""conan.lock of Conan 1 and 2 (docs.conan.io, "Lockfiles").

Conan 1 keeps the whole graph; the node that has a `path` is the consumer's own conanfile::

    {"graph_lock": {"nodes": {"0": {"ref": "app/1.0", "requires": ["1"], "path": "conanfile.py"},
                              "1": {"ref": "zlib/1.2.11", "package_id": "19729b95...", "context": "host"}}},
     "version": "0.4"}

Conan 2 keeps lists of references without edges::

    {"version": "0.5", "requires": ["zlib/1.2.11#ffa77daf83a57094149707928bdce823%1667396813.987"],
     "build_requires": [], "python_requires": []}
"""

from __future__ import annotations

from assay.ecosystems.conan.reference import component
from assay.ecosystems.conan.reference import parse as parse_reference
from assay.errors import Malformed
from assay.formats import json
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, Scope
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_LISTS = {
    "requires": Scope.REQUIRED,
    "build_requires": Scope.EXCLUDED,
    "python_requires": Scope.EXCLUDED,
    "config_requires": Scope.EXCLUDED,
}


def parse(file: File) -> Found:
    """The packages of a lock file, with edges where it has them; tools of the build are excluded."""
    document = json.load_object(file.data)
    if "graph_lock" in document:
        return _graph(as_object(as_object(document["graph_lock"]).get("nodes")))
    if not any(key in document for key in _LISTS) and "version" not in document:
        raise Malformed("conan.lock without packages")
    components: dict[str, Component] = {}
    skipped: dict[Skipped, None] = {}
    for key, scope in _LISTS.items():
        for item in as_list(document.get(key)):
            found = _component(as_text(item), scope)
            if found is not None:
                components.setdefault(found.id, found)
            else:
                skipped[Skipped(file.path, f"no reference of the form NAME/VERSION: {str(item)[:80]!r}")] = None
    return Found(tuple(components.values()), skipped=tuple(skipped))


def _component(text: str, scope: Scope, type_: ComponentType = ComponentType.LIBRARY) -> Component | None:
    reference = parse_reference(text)
    return component(reference, type_, scope=scope) if reference.name else None


def _graph(nodes: Object) -> Found:
    components: dict[str, Component] = {}
    for key, node in nodes.items():
        found = _node(as_object(node))
        if found is not None:
            components[key] = found
    edges = tuple(
        (components[key].id, components[needed].id)
        for key in components
        for needed in _needed(as_object(nodes[key]))
        if needed in components and components[key].id != components[needed].id
    )
    unique = {item.id: item for item in reversed(components.values())}
    return Found(tuple(unique.values()), edges)


def _node(node: Object) -> Component | None:
    text = as_text(node.get("pref")) or as_text(node.get("ref"))
    package = as_text(node.get("package_id"))
    if package and ":" not in text:
        text = f"{text}:{package}"
    scope = Scope.EXCLUDED if as_text(node.get("context")) == "build" else Scope.REQUIRED
    own = as_text(node.get("path"))
    return _component(text, scope, ComponentType.APPLICATION if own else ComponentType.LIBRARY)


def _needed(node: Object) -> list[str]:
    """The keys of the nodes that a node needs; Conan before 1.28 has objects in place of the list."""
    requires = node.get("requires")
    direct = list(as_object(requires).values()) if isinstance(requires, dict) else as_list(requires)
    return [as_text(item) for item in (*direct, *as_list(node.get("build_requires")))]
