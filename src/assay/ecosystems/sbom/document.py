"""An SBOM document inside an image or a folder: what it lists is there, because somebody vouches for it.

::

    usr/share/sbom/app.cdx.json      {"bomFormat": "CycloneDX", "components": [{"purl": "pkg:npm/a@1", ...}]}
    var/lib/db/sbom/zlib.spdx.json   {"spdxVersion": "SPDX-2.3", "packages": [...], "relationships": [...]}

Files, systems and images are no components here, nor is what has neither a version nor a purl and only groups others (a
lock file of Trivy's), nor a subject without a purl. Packages of an operating system are only declared: which of
them are installed is what their own database says, in the same root.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from assay.errors import Malformed
from assay.formats import sbom_document
from assay.formats.detect import detect
from assay.model.component import Component, ComponentType, Presence
from assay.model.ecosystem import File, Found, Located
from assay.model.sbom import Distribution, Lifecycle, Sbom, Skipped

_PROMISED = (".cdx.json", ".cdx.xml", ".spdx.json", ".syft.json")
"""A file of this name that is no SBOM is told; a ``bom.json`` may be anything."""
_READ = ("cyclonedx", "spdx", "syft")
_ELSEWHERE = (".dist-info/sboms/", "opt/bitnami/")
"""Read by the ecosystem that they belong to."""
_WRAPPINGS = frozenset({ComponentType.FILE, ComponentType.OPERATING_SYSTEM, ComponentType.CONTAINER})
_OF_SYSTEMS = frozenset({"deb", "rpm", "apk", "alpm", "ebuild"})
_BEFORE = frozenset({Lifecycle.DESIGN, Lifecycle.PRE_BUILD})
_OF_FOLDER = "folder"
"""The fact that a document is one of ours about a folder."""


def parse(file: File) -> Found:
    """The components of the document and the edges between them; nothing for a file that is no SBOM."""
    if any(part in file.path for part in _ELSEWHERE):
        return Found()
    data = file.data
    kind = detect(data)
    if kind is None or not kind.format.startswith(_READ):
        if file.path.endswith(_PROMISED):
            raise Malformed("not an SBOM of any known format")
        return Found()
    sbom = sbom_document.read(data)
    asked = bool(sbom.lifecycles) and _BEFORE.issuperset(sbom.lifecycles) and not _is_ours(sbom)
    known = dict(_named(sbom, asked))
    edges = (
        (component.id, known[needed].id)
        for reference, component in known.items()
        for needed in _needed(reference, sbom.dependencies, known)
    )
    return Found(
        tuple({item.id: item for item in known.values()}.values()),
        tuple(dict.fromkeys(edges)),
        skipped=() if _is_ours(sbom) else tuple(Skipped(file.path, item.reason) for item in sbom.skipped),
        facts={_OF_FOLDER: True} if _is_ours(sbom) and _is_folder(sbom.subject) else {},
    )


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """A document of ours about a folder says nothing in a folder: it would keep what has long gone from there."""
    return [
        replace(file, found=Found(skipped=file.found.skipped))
        if file.layer < 0 and file.found.facts.get(_OF_FOLDER)
        else file
        for file in files
    ]


def _is_ours(sbom: Sbom) -> bool:
    """Whether assay wrote it: then each component says whether it is there, and what was skipped is no fault of it."""
    return any(tool.name == "assay" for tool in sbom.tools)


def _is_folder(subject: Component) -> bool:
    return subject.type is ComponentType.APPLICATION and subject.purl is None


def _named(sbom: Sbom, asked: bool) -> Iterable[tuple[str, Component]]:
    """The components by the reference that the document has for them."""
    subject = (sbom.subject,) if sbom.subject.purl is not None else ()
    for component in (*subject, *sbom.components):
        identity = component.purl
        groups = not component.version and identity is None and sbom.dependencies.get(component.id)
        image = component.type in _WRAPPINGS or (identity is not None and identity.type == "oci")
        if component.name and not groups and not image:
            yield component.id, _own(component, asked)


def _needed(reference: str, dependencies: Mapping[str, Sequence[str]], known: Container[str]) -> Iterable[str]:
    """What a component needs; where that only groups others, those."""
    waiting, seen = list(dependencies.get(reference, ())), {reference}
    while waiting:
        needed = waiting.pop()
        if needed in seen:
            continue
        seen.add(needed)
        if needed in known:
            yield needed
        else:
            waiting.extend(dependencies.get(needed, ()))


def _own(component: Component, asked: bool) -> Component:
    """The component without what only holds within its document: its place, its reference, its unknown fields."""
    identity = component.purl
    world = identity.type if identity is not None else component.ecosystem
    declared = asked or component.presence is Presence.DECLARED or world in _OF_SYSTEMS
    return replace(
        component,
        version=(identity.version if identity is not None else "") or component.version,
        ref="",
        ecosystem=component.ecosystem or world,
        presence=Presence.DECLARED if declared else Presence.INSTALLED,
        occurrences=(),
        owned_by="",
        properties=(),
        extra={},
    )
