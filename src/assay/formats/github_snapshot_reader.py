"""A snapshot for GitHub's dependency submission API, read; the form is told in `assay.formats.github_snapshot`.

Peers fill it differently, and each is understood:

- Syft: the keys and `dependencies` are purls without qualifiers (empty for a package whose purl it cannot read), all is
  ``direct``, the distribution is ``metadata["syft:distro"]``; job, commit and reference are missing;
- Trivy: the keys are names (``asap``), `dependencies` are ``NAME@VERSION`` or ``GROUP:NAME:VERSION``, packages of the
  system are in a manifest without a file, and a package may have no purl;
- others follow the documentation: keys of any kind, `dependencies` are purls.

The fields of the document, of manifests and of entries that no noun holds are kept under ``extra["github"]``: in the
document all but the entries, in a component its entries by manifest and key, and what they said together (`needed`,
`direct`, `development`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from assay.errors import Malformed
from assay.formats import purl
from assay.formats.github_snapshot import PROPERTIES, all_of, location, moment
from assay.formats.json import Object, as_list, as_object, as_text, load_object
from assay.formats.purl_list import listed
from assay.model.component import Component, ComponentType, Occurrence, Property, Scope
from assay.model.sbom import Distribution, Sbom, Skipped, Tool


class Node(NamedTuple):
    """An entry of `resolved`: in which manifest and under which key, and the component that it is about."""

    manifest: str
    key: str
    raw: Object
    component: Component


def read(data: bytes) -> Sbom:
    """The noun; raises `Malformed` for what is no snapshot, `LimitExceeded` for too much of it."""
    document = load_object(data)
    if not isinstance(document.get("detector"), dict):
        raise Malformed("not a snapshot of dependencies: it has no detector")
    manifests = {key: as_object(value) for key, value in as_object(document.get("manifests")).items()}
    read_nodes = list(nodes(manifests))
    edges, lost = _edges(read_nodes)
    components = {key: _component(found, manifests) for key, found in _by_component(read_nodes).items()}
    subject = _subject(document)
    direct = _direct(read_nodes, edges)
    for key, component in components.items():
        as_object(component.extra["github"]).update(
            needed=[*edges.get(key, ())], direct=key in direct, development=component.scope is Scope.EXCLUDED
        )
    detector = as_object(document["detector"])
    tool = Tool(as_text(detector.get("name")), as_text(detector.get("version")))
    graph = ({subject.id: tuple(sorted(direct))} if direct else {}) | edges
    return Sbom(
        subject,
        tuple(components[key] for key in sorted(components)),
        {key: graph[key] for key in sorted(graph)},
        _distribution(document),
        skipped=(*_unread(read_nodes, manifests), *lost),
        tools=(tool,) if tool.name else (),
        timestamp=moment(as_text(document.get("scanned"))),
        properties=tuple(_properties(document)),
        source_format="github",
        extra={"github": document | {"manifests": {key: _bare(value) for key, value in manifests.items()}}},
    )


def nodes(manifests: Mapping[str, Object]) -> Iterator[Node]:
    """The entries of all manifests; those that have neither a purl nor a key are left out."""
    for manifest, value in manifests.items():
        for key, entry in as_object(value.get("resolved")).items():
            raw = as_object(entry)
            text = as_text(raw.get("package_url"))
            package = purl.read(text or key)
            if package is not None:
                yield Node(manifest, key, raw, listed(package))
            elif key or text:
                yield Node(manifest, key, raw, Component(key or text))


def _bare(manifest: Object) -> Object:
    return {key: value for key, value in manifest.items() if key != "resolved"}


def _by_component(found: Sequence[Node]) -> dict[str, list[Node]]:
    grouped: dict[str, list[Node]] = {}
    for node in found:
        grouped.setdefault(node.component.id, []).append(node)
    return grouped


def _component(found: Sequence[Node], manifests: Mapping[str, Object]) -> Component:
    """All entries of a component as one: what one of them needs at run time is needed."""
    paths = {location(manifests[node.manifest]) for node in found} - {""}
    scopes = {as_text(node.raw.get("scope")) for node in found}
    entries: Object = {}
    for node in found:
        as_object(entries.setdefault(node.manifest, {}))[node.key] = node.raw
    return replace(
        found[0].component,
        scope=Scope.EXCLUDED if scopes == {"development"} else Scope.REQUIRED,
        occurrences=tuple(map(Occurrence, sorted(paths))),
        extra={"github": {"manifests": entries}},
    )


def _edges(found: Sequence[Node]) -> tuple[dict[str, tuple[str, ...]], list[Skipped]]:
    """What each component needs by their ids, and the dependencies that name nothing in the snapshot."""
    edges: dict[str, set[str]] = {}
    lost = []
    resolve = Names(found)
    for node in found:
        for text in filter(None, map(as_text, as_list(node.raw.get("dependencies")))):
            needed = resolve(text, node.manifest)
            if not needed:
                lost.append(
                    Skipped(f"{node.manifest}: {node.key}", f"needs {text[:80]!r}, which is not in the snapshot")
                )
            elif needed != node.component.id:
                edges.setdefault(node.component.id, set()).add(needed)
    return {key: tuple(sorted(needed)) for key, needed in edges.items()}, lost


class Names:
    """By which texts `dependencies` may name an entry."""

    def __init__(self, found: Sequence[Node]) -> None:
        self._near: dict[tuple[str, str], str] = {}
        self._anywhere: dict[str, str] = {}
        for node in found:
            package = node.component.purl
            for text in (node.key, f"{node.key}@{node.component.version}"):
                self._near.setdefault((node.manifest, text), node.component.id)
            if package is not None:
                for text in (str(package), str(replace(package, qualifiers=(), subpath=""))):
                    self._near.setdefault((node.manifest, text), node.component.id)
                    self._anywhere.setdefault(text, node.component.id)

    def __call__(self, text: str, manifest: str) -> str:
        """The id of the component; empty where none is meant. Purls may lead into another manifest, names may not."""
        package = purl.read(text)
        if package is not None:
            plain = str(package), str(replace(package, qualifiers=(), subpath=""))
            near = next((self._near[manifest, one] for one in (text, *plain) if (manifest, one) in self._near), "")
            return near or next((self._anywhere[one] for one in plain if one in self._anywhere), "")
        names = text, text.rpartition("@")[0], text.rpartition(":")[0]
        return next((self._near[manifest, one] for one in names if one and (manifest, one) in self._near), "")


def _direct(found: Sequence[Node], edges: Mapping[str, Sequence[str]]) -> set[str]:
    """What the subject needs: where an entry does not say so itself, what nothing else needs."""
    needed = {target for targets in edges.values() for target in targets}
    unsaid = {node.component.id for node in found if not node.raw.get("relationship")} - needed
    return unsaid | {node.component.id for node in found if node.raw.get("relationship") == "direct"}


def _subject(document: Object) -> Component:
    """Named like the job, for a snapshot says no more of what it is about."""
    name = as_text(as_object(document.get("job")).get("correlator")).strip("_ ")
    return Component(name or "snapshot", type=ComponentType.APPLICATION)


def _properties(document: Object) -> Iterator[Property]:
    for name, (key, *member) in PROPERTIES.items():
        value = as_object(document.get(key)).get(member[0]) if member else document.get(key)
        if as_text(value):
            yield Property(name, as_text(value))


def _distribution(document: Object) -> Distribution | None:
    """The one that Syft tells: ``pkg:generic/debian@12?like=unix``."""
    system = purl.read(as_text(as_object(document.get("metadata")).get("syft:distro")))
    if system is None:
        return None
    likes = tuple(filter(None, system.qualifier("like").split(",")))
    return Distribution(system.name, system.version, id_like=likes)


def _unread(found: Sequence[Node], manifests: Mapping[str, Object]) -> Iterator[Skipped]:
    """Entries without any name, and texts that stand for a purl and are none."""
    entries = sum(len(all_of(manifest.get("resolved"))) for manifest in manifests.values())
    if entries > len(found):
        yield Skipped("manifests", f"entries without a purl and a key: {entries - len(found)}")
    for node in found:
        text = as_text(node.raw.get("package_url"))
        if text and node.component.purl is None:
            yield Skipped(f"{node.manifest}: {node.key}", f"not a purl: {text[:80]!r}")
