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
    properties = read_properties(raw.get("properties"))
    own = {item.name: item.value for item in reversed(properties)}
    version = own.get(names.VERSION) or as_text(raw.get("version"))
    known, ref = purl.read(as_text(raw.get("purl"))), as_text(raw.get("bom-ref"))
    return Component(
        name=as_text(raw.get("name")),
        version=version,
        type=_TYPES.get(own.get(names.TYPE) or as_text(raw.get("type")), ComponentType.LIBRARY),
        namespace=as_text(raw.get("group")),
        ecosystem=own.get(names.ECOSYSTEM, ""),
        purl=known,
        ref="" if known is not None and ref == str(known) else ref,
        presence=Presence.DECLARED if own.get(names.PRESENCE) == Presence.DECLARED else Presence.INSTALLED,
        scope=_SCOPES.get(as_text(raw.get("scope")), Scope.REQUIRED),
        version_range="" if version else own.get(names.VERSION_RANGE) or as_text(raw.get("versionRange")),
        licenses=licenses.read(raw.get("licenses")),
        digests=(*read_hashes(raw.get("hashes")), *_digests(properties)),
        supplier=_supplier(raw),
        author=_author(raw),
        description=as_text(raw.get("description")),
        copyright=as_text(raw.get("copyright")),
        cpes=_cpes(raw, properties),
        references=read_references(raw.get("externalReferences")),
        occurrences=_occurrences(raw, properties),
        owned_by=own.get(names.OWNED_BY, ""),
        properties=tuple([item for item in properties if item.name not in _OWN]),
        extra=extra,
    )


def read_properties(value: Json | object) -> tuple[Property, ...]:
    """Name-value pairs."""
    pairs = [as_object(item) for item in as_list(value)]
    return tuple(Property(as_text(pair.get("name")), as_text(pair.get("value"))) for pair in pairs)


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
    named = (as_text(as_object(raw.get(key)).get("name")) for key in ("supplier", "manufacturer"))
    return next(filter(None, named), "") or as_text(raw.get("publisher"))


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
