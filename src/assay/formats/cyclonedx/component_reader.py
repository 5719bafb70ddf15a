"""A component out of the JSON form of any version; what assay has no noun for stays in `Component.extra`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from assay.errors import Malformed
from assay.formats import digest, purl
from assay.formats.cyclonedx import licenses, names
from assay.formats.json import Json, Object, as_list, as_object, as_text, load_object
from assay.model.component import (
    Component,
    ComponentType,
    ExternalReference,
    Occurrence,
    Presence,
    Property,
    Scope,
)
from assay.model.digest import Digest

_TYPES = {str(kind): kind for kind in ComponentType}
_SCOPES = {str(scope): scope for scope in Scope}
_CONTEXT = re.compile(r"(?:layer (\d{1,6}))?(?:(?:^|, )found by (.+))?\Z", re.DOTALL)
_OWN = frozenset(
    {
        names.PRESENCE,
        names.ECOSYSTEM,
        names.OWNED_BY,
        names.FOUND_BY,
        names.LAYER_INDEX,
        names.LAYER_DIGEST,
        names.LAYER_CREATED_BY,
        names.VERSION,
        names.VERSION_RANGE,
        names.CPE,
        names.DIGEST,
        names.TYPE,
        names.OCCURRENCE,
    }
)


def component(raw: Object, extra: Mapping[str, object]) -> Component:
    """The noun, without its place in a document: `ref` is the document's own reference, where that is not the purl."""
    properties = read_properties(raw["properties"]) if "properties" in raw else ()
    own = {item.name: item.value for item in reversed(properties)} if properties else _NOTHING
    version = as_text(raw.get("version"))
    kind, presence = as_text(raw.get("type")), _INSTALLED
    if own:
        version = own.get(names.VERSION) or version
        kind = own.get(names.TYPE) or kind
        presence = _DECLARED if own.get(names.PRESENCE) == _DECLARED else _INSTALLED
    known, ref = purl.read(as_text(raw.get("purl"))), as_text(raw.get("bom-ref"))
    return Component(
        as_text(raw.get("name")),
        version,
        _TYPES.get(kind, _LIBRARY),
        as_text(raw.get("group")),
        ecosystem=own.get(names.ECOSYSTEM, "") if own else "",
        purl=known,
        ref="" if known is not None and ref == str(known) else ref,
        presence=presence,
        scope=_SCOPES.get(as_text(raw["scope"]), _REQUIRED) if "scope" in raw else _REQUIRED,
        version_range="" if version else own.get(names.VERSION_RANGE) or as_text(raw.get("versionRange")),
        licenses=licenses.read(raw["licenses"]) if "licenses" in raw else (),
        digests=(*read_hashes(raw.get("hashes")), *_digests(properties)) if properties or "hashes" in raw else (),
        supplier=_supplier(raw),
        author=_author(raw) if "authors" in raw or "author" in raw else "",
        description=as_text(raw["description"]) if "description" in raw else "",
        copyright=as_text(raw["copyright"]) if "copyright" in raw else "",
        cpes=_cpes(raw, properties) if properties or "cpe" in raw else (),
        references=read_references(raw["externalReferences"]) if "externalReferences" in raw else (),
        occurrences=_occurrences(raw, properties) if properties or "evidence" in raw else (),
        owned_by=own.get(names.OWNED_BY, "") if own else "",
        properties=tuple([item for item in properties if item.name not in _OWN]) if properties else (),
        extra=extra,
    )


_NOTHING: Mapping[str, str] = {}
_LIBRARY, _REQUIRED = ComponentType.LIBRARY, Scope.REQUIRED
_INSTALLED, _DECLARED = Presence.INSTALLED, Presence.DECLARED


def read_properties(value: Json | object) -> tuple[Property, ...]:
    """Name-value pairs."""
    pairs = [as_object(item) for item in as_list(value)]
    return tuple([Property(as_text(pair.get("name")), as_text(pair.get("value"))) for pair in pairs])


def read_hashes(value: Json | object) -> tuple[Digest, ...]:
    """The digests whose algorithm and length are right."""
    found = []
    for item in map(as_object, as_list(value)):
        algorithm = names.ALGORITHMS.get(as_text(item.get("alg")))
        known = digest.find(f"{algorithm}:{as_text(item.get('content'))}") if algorithm else None
        if known is not None:
            found.append(known)
    return tuple(found)


def read_references(value: Json | object) -> tuple[ExternalReference, ...]:
    """External references."""
    return tuple(
        ExternalReference(
            as_text(item.get("type")),
            as_text(item.get("url")),
            as_text(item.get("comment")),
            read_hashes(item.get("hashes")),
        )
        for item in map(as_object, as_list(value))
    )


def _digests(properties: tuple[Property, ...]) -> list[Digest]:
    found = [digest.find(item.value) for item in properties if item.name == names.DIGEST]
    return [known for known in found if known is not None]


def _supplier(raw: Object) -> str:
    """The supplier, else who made or published it: many documents name only one of them."""
    for key in ("supplier", "manufacturer"):
        if key in raw and (name := as_text(as_object(raw[key]).get("name"))):
            return name
    return as_text(raw["publisher"]) if "publisher" in raw else ""


def _author(raw: Object) -> str:
    people = [as_text(as_object(person).get("name")) for person in as_list(raw.get("authors"))]
    return ", ".join(filter(None, people)) or as_text(raw.get("author"))


def _cpes(raw: Object, properties: tuple[Property, ...]) -> tuple[str, ...]:
    first = as_text(raw.get("cpe"))
    others = [item.value for item in properties if item.name == names.CPE]
    return (first, *others) if first else tuple(others)


def _occurrences(raw: Object, properties: tuple[Property, ...]) -> tuple[Occurrence, ...]:
    own = [_from_property(item.value) for item in properties if item.name == names.OCCURRENCE]
    if own:
        return tuple(own)
    evidence = as_object(raw.get("evidence"))
    return tuple(read_occurrence(as_object(item)) for item in as_list(evidence.get("occurrences")))


def read_occurrence(item: Object) -> Occurrence:
    """A place of `evidence.occurrences`, with what the writer put into its context."""
    line = item.get("line")
    context = _CONTEXT.match(as_text(item.get("additionalContext")))
    return Occurrence(
        as_text(item.get("location")),
        int(context[1]) if context and context[1] else -1,
        (context[2] or "") if context else "",
        line if isinstance(line, int) and line > 0 else 0,
    )


def _from_property(text: str) -> Occurrence:
    try:
        item = load_object(text)
    except Malformed:
        return Occurrence(text)
    layer, line = item.get("layer"), item.get("line")
    return Occurrence(
        as_text(item.get("path")),
        layer if isinstance(layer, int) else -1,
        as_text(item.get("found_by")),
        line if isinstance(line, int) else 0,
    )
