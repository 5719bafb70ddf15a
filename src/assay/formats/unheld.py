"""What a document that was read says and no noun holds: lost when it is written in a format of another family.

`Sbom.extra` and `Component.extra` keep the whole words of a document by family (``{"cyclonedx": {...}}``), for they
are written back within the family. ``held.json`` says which of them the nouns hold as well: ``true`` is held with
all that is in it, an object says it of its members. The rest is counted by its path::

    CycloneDX vulnerabilities: 3 entries
    CycloneDX component.pedigree: 1 entry
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import cast

from assay.formats import github_snapshot
from assay.formats.json import Json, Object, as_list, as_object, as_text, load_object
from assay.model.component import Component
from assay.model.sbom import Sbom

FAMILIES = {"cyclonedx": "CycloneDX", "spdx": "SPDX", "syft": "syft-json", "github": "GitHub snapshot"}

_EMPTY: tuple[Json, ...] = (None, "", [], {}, "NOASSERTION", "NONE", ["NOASSERTION"])
_SYFT_EDGES = frozenset({"contains", "dependency-of", "ownership-by-file-overlap"})
_GITHUB_HELD = frozenset({"package_url", "relationship", "scope", "dependencies"})
_SPDX_3_HELD = frozenset({"CreationInfo", "Organization", "Person", "Tool", "SoftwareAgent", "Agent"})


def lines(sbom: Sbom, target: str) -> tuple[str, ...]:
    """A line for each kind of thing that the family `target` (one of `FAMILIES`, or another) does not get."""
    found: list[str] = []
    for family, title in FAMILIES.items():
        if family != target:
            found += told(title, counted(sbom, family))
    return tuple(found)


def told(title: str, lost: Mapping[str, int]) -> list[str]:
    """The counts in words, sorted."""
    return [
        f"{title} {what}: {count} {'entry' if count == 1 else 'entries'}"
        for what, count in sorted(lost.items())
        if count
    ]


def counted(sbom: Sbom, family: str) -> Counter[str]:
    """How often which path of that family is in the document and in no noun."""
    lost: Counter[str] = Counter()
    document = as_object(sbom.extra.get(family))
    if document:
        _walk(document, _table()[family]["document"], "", lost)
        lost.update(_DOCUMENTS[family](document))
    for component in (sbom.subject, *sbom.components):
        raw = as_object(component.extra.get(family)) if component.extra else {}
        if raw:
            _walk(raw, _table()[family]["component"], "component.", lost)
            lost.update(_COMPONENTS[family](raw, component))
    return +lost


@cache
def _table() -> Mapping[str, Mapping[str, Object]]:
    table = load_object(Path(__file__).with_name("held.json").read_bytes())
    return cast("dict[str, dict[str, Object]]", table)


def _walk(value: Object, held: Object, path: str, lost: Counter[str]) -> None:
    """Counts the members that `held` does not name; it is as deep as the table, whatever the document."""
    for key, item in value.items():
        rule = held.get(key)
        if isinstance(rule, dict):
            for part in item if isinstance(item, list) else [item]:
                _walk(as_object(part), rule, f"{path}{key}.", lost)
        elif rule is None and item not in _EMPTY and not key.startswith("@"):
            lost[path + key] += len(item) if isinstance(item, list) else 1


def _cyclonedx_document(document: Object) -> Iterator[str]:
    """Another data licence than SPDX has, all but the first completeness, what the graph says beside ``dependsOn``."""
    for item in map(as_object, as_list(as_object(document.get("metadata")).get("licenses"))):
        if as_object(item.get("license")).get("id") != "CC0-1.0":
            yield "metadata.licenses"
    yield from ["compositions"] * (len(as_list(document.get("compositions"))) - 1)
    for entry in as_object(document.get("dependencies")).values():
        yield from (f"dependencies.{key}" for key in as_object(entry) if key != "dependsOn")


def _cyclonedx_component(raw: Object, component: Component) -> Iterator[str]:
    """Makers beside the supplier, and evidence of the identity that assay does not derive from purl and occurrences."""
    for key in ("manufacturer", "publisher"):
        name = as_text(raw.get(key)) or as_text(as_object(raw.get(key)).get("name"))
        if name and name != component.supplier:
            yield f"component.{key}"
    identity = as_object(raw.get("evidence")).get("identity") if "evidence" in raw else None
    if identity and component.occurrences:
        from assay.formats.cyclonedx import component_writer

        own = as_list(component_writer.evidence(component).get("identity"))
        yield from ("component.evidence.identity" for item in _listed(identity) if item not in own)
    elif identity:
        yield from ["component.evidence.identity"] * len(_listed(identity))


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _spdx_document(document: Object) -> Iterator[str]:
    """Comments and annotations of others, relationships that are no edges; of SPDX 3 what is no package."""
    from assay.formats.spdx import edges
    from assay.formats.spdx.annotations import is_ours, split

    yield from ["annotations"] * len(split(document.get("annotations"))[1])
    if as_object(document.get("creationInfo")).get("comment") and not is_ours(document):
        yield "creationInfo.comment"
    for item in edges.relationships(document):
        if edges.edge(item) is None:
            yield f"relationships {edges.parts(item)[1]}"
    for item in map(as_object, as_list(document.get("@graph"))):
        if (kind := as_text(item.get("type"))) not in _SPDX_3_HELD:
            yield f"{kind} {as_text(item.get('relationshipType'))}".strip()


def _spdx_component(raw: Object, component: Component) -> Iterator[str]:
    """Annotations of others, references of other kinds; the source information that assay itself wrote is none."""
    from assay.formats.spdx.annotations import split

    ours, others = split(raw.get("annotations"))
    yield from ["component.annotations"] * len(others)
    if raw.get("sourceInfo") and ours is None:
        yield "component.sourceInfo"
    if raw.get("summary") and raw.get("summary") != component.description:
        yield "component.summary"
    for item in map(as_object, as_list(raw.get("externalRefs"))):
        kind = as_text(item.get("referenceType"))
        if kind not in ("purl", "cpe23Type") and item.get("referenceCategory") != "OTHER":
            yield f"component.externalRefs {kind}"
    for item in map(as_object, as_list(raw.get("externalIdentifier"))):
        kind = as_text(item.get("externalIdentifierType"))
        if kind not in ("cpe23", "packageUrl"):
            yield f"component.externalIdentifier {kind}"


def _syft_document(document: Object) -> Iterator[str]:
    """Relationships that are neither edges nor ownership."""
    for item in map(as_object, as_list(document.get("artifactRelationships"))):
        if (kind := as_text(item.get("type"))) not in _SYFT_EDGES:
            yield f"artifactRelationships {kind}"


def _github_document(document: Object) -> Iterator[str]:
    """What manifests say beside files and entries, and the names of those without; where others' tool is at home."""
    if as_object(document.get("detector")).get("url") not in (None, "", github_snapshot.URL):
        yield "detector.url"
    subject = as_object(document.get("job")).get("correlator")
    for name, manifest in as_object(document.get("manifests")).items():
        manifest = as_object(manifest)
        if name != subject and not github_snapshot.location(manifest):
            yield "manifests.name"
        yield from (f"manifests.{key}" for key in manifest if key not in ("name", "file") and manifest[key])


def _github_component(raw: Object, component: Component) -> Iterator[str]:
    """What entries say beside the purl and the edges, in each manifest."""
    del component
    for manifest in as_object(raw.get("manifests")).values():
        for entry in map(as_object, as_object(manifest).values()):
            yield from (f"component.{key}" for key, value in entry.items() if key not in _GITHUB_HELD and value)


def _nothing(raw: Object, component: Component) -> Iterator[str]:
    del raw, component
    yield from ()


_DOCUMENTS = {
    "cyclonedx": _cyclonedx_document,
    "spdx": _spdx_document,
    "syft": _syft_document,
    "github": _github_document,
}
_COMPONENTS = {
    "cyclonedx": _cyclonedx_component,
    "spdx": _spdx_component,
    "syft": _nothing,
    "github": _github_component,
}
