"""A component in the JSON form of the newest version.

::

    {"type": "library", "bom-ref": "pkg:pypi/pip@24.0", "name": "pip", "version": "24.0", "scope": "required",
     "licenses": [{"license": {"id": "MIT", "acknowledgement": "declared"}}], "purl": "pkg:pypi/pip@24.0",
     "evidence": {"identity": [...], "occurrences": [{"location": "usr/lib/python3/..."}]},
     "properties": [{"name": "assay:presence", "value": "installed"}]}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from assay.formats.cyclonedx import licenses, names
from assay.formats.cyclonedx.fit import NEWEST, reference_since
from assay.formats.cyclonedx.restoring import restore
from assay.formats.json import Json, Object, as_object
from assay.model.component import Component, ExternalReference, Occurrence, Scope
from assay.model.digest import Digest
from assay.model.sbom import Layer

_PART = r"(?:(?:\?*|\*?)(?:[a-zA-Z0-9\-._]|\\[\\*?!\"#$%&'()+,/:;<=>@\[\]^`{|}~])+(?:\?*|\*?)|[*\-])"
_CPE = re.compile(
    rf"cpe:2\.3:[aho*\-](?::{_PART}){{5}}:(?:[a-zA-Z]{{2,3}}(?:-(?:[a-zA-Z]{{2}}|[0-9]{{3}}))?|[*\-])(?::{_PART}){{4}}\Z"
    r"|cpe:/[AHOaho]?(?::[A-Za-z0-9._\-~%]*){0,6}\Z",
    re.ASCII,
)
_MAX_CPE = 500
_MAX_VERSION = 1024
_MAX_RANGE = 4096
_GROUPS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("type",), ("type",)),
    (("name",), ("name",)),
    (("namespace",), ("group",)),
    (("version", "version_range"), ("version", "versionRange", "isExternal")),
    (("scope",), ("scope",)),
    (("purl",), ("purl",)),
    (("licenses",), ("licenses",)),
    (("digests",), ("hashes",)),
    (("supplier",), ("supplier",)),
    (("author",), ("author", "authors")),
    (("description",), ("description",)),
    (("copyright",), ("copyright",)),
    (("cpes",), ("cpe",)),
    (("references",), ("externalReferences",)),
    (("occurrences",), ("evidence",)),
    (
        (
            "version",
            "presence",
            "ecosystem",
            "owned_by",
            "version_range",
            "cpes",
            "digests",
            "type",
            "occurrences",
            "properties",
        ),
        ("properties",),
    ),
)
"""Which keys of a document say what fields of the noun say; the latter decide who is believed when writing."""


def write(component: Component, layers: Mapping[int, Layer]) -> Object:
    """The object of a component; one that was read from CycloneDX keeps its own words where it did not change."""
    written = _fresh(component, layers)
    raw = as_object(component.extra.get("cyclonedx"))
    if raw:
        _restore(written, raw, component)
    return written


def _restore(written: Object, raw: Object, component: Component) -> None:
    from assay.formats.cyclonedx import component_reader

    before = component_reader.component(raw, {})
    restore(written, raw, _GROUPS, (before, component), {"bom-ref", "components"})
    if "signature" in written and any(written.get(key) != raw.get(key) for key in {*written, *raw} - {"components"}):
        del written["signature"]


def _fresh(component: Component, layers: Mapping[int, Layer]) -> Object:
    purl = str(component.purl) if component.purl is not None else ""
    written: Object = {"type": component.type._value_, "bom-ref": component.ref or purl or component.id}
    if component.supplier:
        written["supplier"] = {"name": component.supplier}
    if component.author:
        written["authors"] = [{"name": component.author}]
    if component.namespace:
        written["group"] = component.namespace
    written["name"] = component.name
    _add_version(written, component)
    for key, text in (("description", component.description), ("copyright", component.copyright)):
        if text:
            written[key] = text
    if component.scope is not Scope.REQUIRED:
        written["scope"] = str(component.scope)
    if purl:
        written["purl"] = purl
    cpe = component.cpes[0] if component.cpes and is_cpe(component.cpes[0]) else ""
    if cpe:
        written["cpe"] = cpe
    _add_lists(written, component)
    written["properties"] = _properties(component, component.cpes[1:] if cpe else component.cpes, layers)
    return written


def _add_version(written: Object, component: Component) -> None:
    """An exact version or a range; one longer than the schema allows stands in a property only."""
    if component.version:
        if len(component.version) <= _MAX_VERSION:
            written["version"] = component.version
    elif component.version_range:
        from assay.formats import vers

        scheme = component.purl.type if component.purl is not None else component.ecosystem
        known = vers.write(scheme, component.version_range) or component.version_range
        if len(known) <= _MAX_RANGE:
            written |= {"versionRange": known, "isExternal": True}


def _add_lists(written: Object, component: Component) -> None:
    if component.digests and (hashes := write_hashes(component.digests)):
        written["hashes"] = hashes
    if component.licenses:
        written["licenses"] = licenses.write(component.licenses)
    if component.references:
        written["externalReferences"] = [write_reference(reference) for reference in component.references]
    if component.occurrences:
        written["evidence"] = evidence(component)


def is_cpe(text: str) -> bool:
    """Whether the schemas would let it pass as a CPE."""
    return len(text) <= _MAX_CPE and _CPE.match(text) is not None


def write_hashes(digests: tuple[Digest, ...]) -> list[Json]:
    """The digests whose algorithm has a name in CycloneDX."""
    return [
        {"alg": names.HASHES[digest.algorithm], "content": digest.value}
        for digest in digests
        if digest.algorithm in names.HASHES
    ]


@lru_cache(1024)
def _reference_type(kind: str) -> str:
    return kind if reference_since(kind) <= NEWEST else "other"


def write_reference(reference: ExternalReference) -> Object:
    """An external reference."""
    written: Object = {"type": _reference_type(reference.type), "url": reference.url}
    if reference.comment:
        written["comment"] = reference.comment
    if reference.digests and (hashes := write_hashes(reference.digests)):
        written["hashes"] = hashes
    return written


def evidence(component: Component) -> Object:
    """Where a component was seen, and by what its identity is known."""
    found: Object = {}
    first = component.occurrences[0]
    if component.purl is not None:
        technique = "binary-analysis" if "binar" in first.found_by else "manifest-analysis"
        method: Object = {"technique": technique, "confidence": 1, "value": first.path}
        found["identity"] = [{"field": "purl", "confidence": 1, "methods": [method]}]
    found["occurrences"] = [_occurrence(occurrence) for occurrence in component.occurrences]
    return found


def _occurrence(occurrence: Occurrence) -> Object:
    written: Object = {"location": occurrence.path}
    if occurrence.line > 0:
        written["line"] = occurrence.line
    if occurrence.layer >= 0 or occurrence.found_by:
        written["additionalContext"] = _context(occurrence.layer, occurrence.found_by)
    return written


@lru_cache(1024)
def _context(layer: int, found_by: str) -> str:
    where = (f"layer {layer}" if layer >= 0 else "", f"found by {found_by}" if found_by else "")
    return ", ".join(filter(None, where))


def _properties(component: Component, cpes: tuple[str, ...], layers: Mapping[int, Layer]) -> list[Json]:
    """What has no field of its own in CycloneDX; `cpes` are those beside the first."""
    pairs = [(names.PRESENCE, component.presence._value_)]
    if component.ecosystem:
        pairs.append((names.ECOSYSTEM, component.ecosystem))
    if component.owned_by:
        pairs.append((names.OWNED_BY, component.owned_by))
    seen = component.occurrences
    if len(seen) == 1:  # as nearly always: nothing to sort
        pairs += _seen((seen[0].found_by,), (seen[0].layer,), layers)
    elif seen:
        pairs += _seen(sorted({item.found_by for item in seen}), sorted({item.layer for item in seen}), layers)
    if len(component.version) > _MAX_VERSION:
        pairs.append((names.VERSION, component.version))
    if component.version_range:
        pairs.append((names.VERSION_RANGE, component.version_range))
    if cpes:
        pairs += [(names.CPE, cpe) for cpe in cpes]
    if component.digests:
        pairs += [(names.DIGEST, str(digest)) for digest in component.digests if digest.algorithm not in names.HASHES]
    if component.properties:
        pairs += [(item.name, item.value) for item in component.properties]
    return [{"name": name, "value": value} for name, value in pairs]


def _seen(parsers: Sequence[str], positions: Sequence[int], layers: Mapping[int, Layer]) -> Iterator[tuple[str, str]]:
    for parser in parsers:
        if parser:
            yield names.FOUND_BY, parser
    for position in positions:
        if position >= 0:
            yield from _layer(position, layers.get(position))


def _layer(position: int, layer: Layer | None) -> list[tuple[str, str]]:
    pairs = [(names.LAYER_INDEX, str(position))]
    if layer is not None and layer.digest:
        pairs.append((names.LAYER_DIGEST, layer.digest))
    if layer is not None and layer.created_by:
        pairs.append((names.LAYER_CREATED_BY, layer.created_by))
    return pairs
