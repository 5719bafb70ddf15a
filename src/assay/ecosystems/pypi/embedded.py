"""SBOMs that a wheel brings along (PEP 770): ``NAME.dist-info/sboms/*``, mostly CycloneDX JSON, of any format.

::

    {"bomFormat": "CycloneDX", "metadata": {"component": {"bom-ref": "root", ...}},
     "components": [{"bom-ref": "a", "name": "log", "version": "0.4.29", "purl": "pkg:cargo/log@0.4.29"}],
     "dependencies": [{"ref": "root", "dependsOn": ["a"]}]}

The files of the distribution are left out, and what has no version is what it asks for, not what is inside. The
root of the document is the distribution itself or a part of it; what it depends on becomes a dependency of the
distribution (`assembly`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from assay.errors import Malformed
from assay.formats import digest, json, purl, sbom_document, spdx_license
from assay.formats.detect import detect
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, Presence
from assay.model.ecosystem import File, Found
from assay.model.license import License
from assay.model.purl import Purl
from assay.model.sbom import Skipped

_TYPES = frozenset(ComponentType)
_MAX_COMPONENTS = 200_000


def parse(file: File) -> Found:
    """The components of an embedded SBOM, and the edges between them."""
    if not file.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _another(file)
    document = json.load_object(file.data)
    if as_text(document.get("bomFormat")) != "CycloneDX":
        return _another(file)
    known = _components(as_list(document.get("components")))
    root = as_text(as_object(as_object(document.get("metadata")).get("component")).get("bom-ref"))
    edges: dict[tuple[str, str], None] = {}
    direct: list[str] = []
    for entry in map(as_object, as_list(document.get("dependencies"))):
        ref = as_text(entry.get("ref"))
        targets = [known[key].id for key in map(as_text, as_list(entry.get("dependsOn"))) if key in known]
        if ref == root:
            direct.extend(targets)
        elif ref in known:
            edges.update({(known[ref].id, target): None for target in targets})
    return _found(file, known.values(), edges, direct)


def _found(file: File, known: Iterable[Component], edges: Mapping[tuple[str, str], None], direct: list[str]) -> Found:
    """What nothing in the document needs (many state no edges at all) is the distribution's as well."""
    components = {one.id: one for one in known}
    needed = {target for _, target in edges}
    top = dict.fromkeys((*direct, *(one for one in components if one not in needed)))
    facts = {"sbom": (file.folder.rpartition("/")[0], tuple(top))}
    return Found(tuple(components.values()), tuple(edges), facts=facts)


def _another(file: File) -> Found:
    """A document of another format: SPDX, CycloneDX as XML."""
    kind = detect(file.data)
    if kind is None or not kind.format.startswith(("cyclonedx", "spdx")):
        return Found(skipped=(Skipped(file.path, "an embedded SBOM of no known format"),))
    document = sbom_document.read(file.data)
    known = {one.id: _own(one) for one in document.components if one.type is not ComponentType.FILE}
    below = {key: [known[one].id for one in needed if one in known] for key, needed in document.dependencies.items()}
    edges = {(known[key].id, target): None for key, targets in below.items() if key in known for target in targets}
    return _found(file, known.values(), edges, below.get(document.subject.id, []))


def _own(component: Component) -> Component:
    """The component without what only holds within its document."""
    identity = component.purl
    return replace(
        component,
        ref="",
        ecosystem=identity.type if identity is not None else "",
        presence=Presence.INSTALLED if component.version else Presence.DECLARED,
        occurrences=(),
        owned_by="",
        properties=(),
        extra={},
    )


def _components(entries: list[Json]) -> dict[str, Component]:
    """The components by reference, those inside of others too."""
    found: dict[str, Component] = {}
    waiting = list(reversed(entries))
    while waiting and len(found) < _MAX_COMPONENTS:
        entry = as_object(waiting.pop())
        component = _component(entry)
        if component is not None:
            found.setdefault(as_text(entry.get("bom-ref")) or component.id, component)
        waiting.extend(reversed(as_list(entry.get("components"))))
    return found


def _component(entry: Object) -> Component | None:
    name, version, written = (as_text(entry.get(key)) for key in ("name", "version", "purl"))
    kind = as_text(entry.get("type"))
    if not name or (kind == "file" and not written):
        return None
    identity = _identity(written)
    hashes = [as_object(one) for one in as_list(entry.get("hashes"))]
    digests = [digest.find(f"{as_text(one.get('alg'))}:{as_text(one.get('content'))}") for one in hashes]
    return Component(
        name,
        version,
        ComponentType(kind) if kind in _TYPES else ComponentType.LIBRARY,
        namespace=as_text(entry.get("group")) or (identity.namespace if identity else ""),
        ecosystem=identity.type if identity else "",
        purl=identity,
        presence=Presence.INSTALLED if version else Presence.DECLARED,
        licenses=_licenses(as_list(entry.get("licenses"))),
        digests=tuple(one for one in digests if one),
        author=as_text(entry.get("author")),
        description=as_text(entry.get("description")),
        cpes=(as_text(entry.get("cpe")),) if as_text(entry.get("cpe")) else (),
    )


def _identity(written: str) -> Purl | None:
    """The purl; a path on the machine that built the wheel (``download_url=file:///...``) identifies nothing here."""
    try:
        found = purl.parse(written) if written else None
    except Malformed:
        return None
    if found is None:
        return None
    kept = tuple(pair for pair in found.qualifiers if not pair[1].startswith("file:"))
    return replace(found, qualifiers=kept)


def _licenses(entries: list[Json]) -> tuple[License, ...]:
    found: list[License] = []
    for entry in map(as_object, entries):
        inner = as_object(entry.get("license"))
        text = as_text(entry.get("expression")) or as_text(inner.get("id")) or as_text(inner.get("name"))
        found.extend(spdx_license.normalise(text))
    return tuple(dict.fromkeys(found))
