"""SBOMs that an archive brings along: ``META-INF/sbom/*``, where Spring Boot, Quarkus and the plugins of CycloneDX put
them, in every format that is read.

::

    app.jar!/META-INF/sbom/application.cdx.json     "components": [{"purl": "pkg:maven/g/a@1?type=jar",
                                                                    "hashes": [{"alg": "SHA-1", ...}], ...}]
    app.jar!/BOOT-INF/lib/a-1.jar

The root of the document is the archive. What it lists is often an archive inside as well: that is one component, found
by its coordinates or by its SHA-1, which also names an archive that does not tell its group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from assay.errors import LimitExceeded, Malformed
from assay.formats import sbom_contents, sbom_document, zip
from assay.formats.detect import detect
from assay.model.component import Component, Occurrence
from assay.model.digest import Algorithm
from assay.model.ecosystem import Need
from assay.model.sbom import Sbom, Skipped

ENDINGS = (".json", ".xml", ".cdx", ".spdx", ".spdx.yaml", ".spdx.yml")
MAX_DOCUMENT = 64 << 20
_MAX_DOCUMENTS = 100
_READ = ("cyclonedx", "spdx", "syft")


class Listed(NamedTuple):
    """What the documents of an archive list; `top` are the ids of what the archive itself needs, `roots` its names.

    `size` is how many bytes were unpacked.
    """

    components: Sequence[Component] = ()
    edges: Sequence[tuple[str, str]] = ()
    top: Sequence[str] = ()
    roots: Sequence[Component] = ()
    skipped: Sequence[Skipped] = ()
    size: int = 0


def listed(archive: zip.Archive, members: Sequence[zip.Member], path: str, limit: int) -> Listed:
    """The contents of the documents, each component at the place of its document; `limit` bytes are read of all."""
    components: list[Component] = []
    edges: list[tuple[str, str]] = []
    top: list[str] = []
    roots: list[Component] = []
    skipped: list[Skipped] = []
    size = 0
    for number, member in enumerate(members):
        place = f"{path}!/{member.name}"
        try:
            if number >= _MAX_DOCUMENTS:
                raise LimitExceeded(f"more than {_MAX_DOCUMENTS} SBOMs in an archive")
            data = archive.read(member, min(MAX_DOCUMENT, limit - size))
            size += len(data)
            sbom = _read(data)
            found = sbom_contents.contents(sbom, bundled=True)
        except Malformed as error:
            skipped.append(Skipped(place, error.what))
            if number >= _MAX_DOCUMENTS:
                break
            continue
        components += [replace(item, occurrences=(Occurrence(place),)) for item in found.components]
        edges += found.edges
        top += found.top
        roots.append(sbom_contents.root(sbom))
    return Listed(components, edges, top, roots, skipped, size)


def _read(data: bytes) -> Sbom:
    kind = detect(data)
    if kind is None or not kind.format.startswith(_READ):
        raise Malformed("an embedded SBOM of no known format")
    return sbom_document.read(data)


def named(own: Component, roots: Iterable[Component]) -> dict[str, Component]:
    """By its id, what an archive really is that does not tell its group: the root of a document, if called alike."""
    alike = (item for item in roots if item.purl is not None and item.purl.type == "maven" and item.namespace)
    found = next((item for item in alike if (item.name, item.version) == (own.name, own.version)), None)
    return {own.id: found} if found is not None and not own.namespace else {}


def same(listed: Iterable[Component], there: Iterable[Component]) -> tuple[dict[str, str], dict[str, Component]]:
    """Which listed components are which of those that are there, by id; and, by id, what those are really that do not
    tell their group.

    An archive of the same SHA-1 is the same, and so is one of the same group, name and version where the document names
    a classifier, which no archive tells of itself.
    """
    by_hash, by_name = _known(there)
    renamed: dict[str, str] = {}
    named: dict[str, Component] = {}
    for item in listed:
        if item.purl is None or item.purl.type != "maven":
            continue
        found = next((by_hash[one] for one in _hashes(item) if one in by_hash), None)
        found = found or by_name.get((item.namespace, item.name, item.version))
        if found is None or found.id == item.id:
            continue
        if found.namespace:
            renamed[item.id] = found.id
        else:
            named.setdefault(found.id, item)
    return renamed, named


def _known(there: Iterable[Component]) -> tuple[dict[str, Component], dict[tuple[str, str, str], Component]]:
    items = list(there)
    by_hash = {value: item for item in items for value in _hashes(item)}
    return by_hash, {(item.namespace, item.name, item.version): item for item in items if item.namespace}


def _hashes(component: Component) -> list[str]:
    return [one.value for one in component.digests if one.algorithm is Algorithm.SHA1]


def called(component: Component, named: Mapping[str, Component]) -> Component:
    """The component under the name that a document has for it."""
    other = named.get(component.id)
    if other is None:
        return component
    return replace(component, name=other.name, version=other.version, namespace=other.namespace, purl=other.purl)


def needs(rows: Iterable[Need], named: Mapping[str, Component]) -> list[Need]:
    """The needs, whoever has them under their new names."""
    return [Need(named[row.dependent].id, row.names) if row.dependent in named else row for row in rows]
