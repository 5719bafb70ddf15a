"""What an older version of CycloneDX can say in another way.

One function per object; each takes the object in the form of a newer version and returns it in the words of the
older one. What has no other words is left to `fit`, which takes it out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from assay.formats import json_bytes
from assay.formats.cyclonedx import licenses, names
from assay.formats.json import Json, Object, as_list, as_object, as_text

_TYPES = {
    "platform": ("1.5", "application"),
    "device-driver": ("1.5", "firmware"),
    "machine-learning-model": ("1.5", "file"),
    "data": ("1.5", "file"),
    "cryptographic-asset": ("1.6", "file"),
}
_REFERENCES = {"source-distribution": ("1.6", "distribution"), "rfc-9116": ("1.6", "security-contact")}
_TOLD_BY_PROPERTY = frozenset({"line", "additionalContext"})


def apply(name: str, value: Object, version: str, lost: Counter[str]) -> Object:
    """`value`, an object of that name, in the words of `version`."""
    rule = _RULES.get(name)
    return rule(dict(value), version, lost) if rule is not None else value


def _component(value: Object, version: str, lost: Counter[str]) -> Object:
    _component_type(value, version, lost)
    if version < "1.7" and "versionRange" in value:
        _range_to_property(value)
    if version < "1.6":
        _author(value)
        _occurrences_to_properties(value, version)
    if version < "1.4":
        value.setdefault("version", "")
    _licenses(value, version, lost)
    return value


def _component_type(value: Object, version: str, lost: Counter[str]) -> None:
    """A type that no version knows is no reason to drop the component."""
    from assay.formats.cyclonedx.fit import since as known_since

    kind = as_text(value.get("type"))
    since, instead = _TYPES.get(kind, ("1.2", kind))
    if kind and not known_since(f"component.type={kind}"):
        lost[f"component.type={kind[:40]}"] += 1
        since, instead = "9", "library"
    if version < since:
        value["type"] = instead
        _add_property(value, names.TYPE, kind)


def _range_to_property(value: Object) -> None:
    known = {as_text(as_object(item).get("name")) for item in as_list(value.get("properties"))}
    text = as_text(value.pop("versionRange"))
    value.pop("isExternal", None)
    if names.VERSION_RANGE not in known:
        _add_property(value, names.VERSION_RANGE, text)


def _author(value: Object) -> None:
    people = [as_object(person) for person in as_list(value.get("authors"))]
    if people and not value.get("author"):
        value["author"] = ", ".join(filter(None, (as_text(person.get("name")) for person in people)))
        if all(person.keys() <= {"name"} for person in people):
            del value["authors"]


def _occurrences_to_properties(value: Object, version: str) -> None:
    """Before 1.6 an occurrence has no line and no context, before 1.5 there are none at all."""
    from assay.formats.cyclonedx.component_reader import read_occurrence

    evidence = dict(as_object(value.get("evidence")))
    left: list[Json] = []
    for item in map(as_object, as_list(evidence.get("occurrences"))):
        seen = read_occurrence(item)
        fields: Object = {"path": seen.path}
        fields |= {"layer": seen.layer} if seen.layer >= 0 else {}
        fields |= {"found_by": seen.found_by} if seen.found_by else {}
        fields |= {"line": seen.line} if seen.line else {}
        _add_property(value, names.OCCURRENCE, json_bytes.encode(fields).decode())
        left.append({key: field for key, field in item.items() if key not in _TOLD_BY_PROPERTY})
    if left:
        value["evidence"] = evidence
        evidence["occurrences"] = left
        if version < "1.5":
            del evidence["occurrences"]
        if not evidence:
            del value["evidence"]


def _add_property(value: Object, name: str, text: str) -> None:
    value["properties"] = [*as_list(value.get("properties")), {"name": name, "value": text}]


def _licenses(value: Object, version: str, lost: Counter[str]) -> Object:
    """Up to 1.6: one expression or licences; details of an expression are since 1.7."""
    entries = as_list(value.get("licenses"))
    if entries and version < "1.7":
        value["licenses"] = licenses.one_kind(entries)
        if value["licenses"] != entries:
            lost["licenses joined or named, since only 1.7 lets expressions stand beside licences"] += 1
    return value


def _evidence(value: Object, version: str, lost: Counter[str]) -> Object:
    identity = value.get("identity")
    if version < "1.6" and isinstance(identity, list):
        value["identity"] = identity[0] if identity else {}
        if not identity:
            del value["identity"]
        lost["componentEvidence.identity"] += len(identity) > 1
    return _licenses(value, version, lost)


def _metadata(value: Object, version: str, lost: Counter[str]) -> Object:
    tools = value.get("tools")
    if version < "1.5" and isinstance(tools, dict):
        value["tools"] = [_legacy_tool(as_object(item)) for item in _all_tools(tools)]
    if version < "1.6" and "manufacturer" in value and "manufacture" not in value:
        value["manufacture"] = value.pop("manufacturer")
    return _licenses(value, version, lost)


def _vulnerability(value: Object, version: str, lost: Counter[str]) -> Object:
    tools = value.get("tools")
    if version < "1.5" and isinstance(tools, dict):
        value["tools"] = [_legacy_tool(as_object(item)) for item in _all_tools(tools)]
    return value


def _all_tools(tools: Object) -> list[Json]:
    return [*as_list(tools.get("components")), *as_list(tools.get("services"))]


def _legacy_tool(item: Object) -> Object:
    maker = (
        as_object(item.get("manufacturer") or item.get("supplier") or item.get("provider")).get("name")
        or item.get("publisher")
        or item.get("group")
    )
    kept: Object = {"vendor": maker, "name": item.get("name"), "version": item.get("version")}
    kept |= {key: item[key] for key in ("hashes", "externalReferences") if key in item}
    return {key: field for key, field in kept.items() if field}


def _reference(value: Object, version: str, lost: Counter[str]) -> Object:
    from assay.formats.cyclonedx.fit import reference_since

    kind = as_text(value.get("type"))
    since, instead = _REFERENCES.get(kind, (reference_since(kind), "other"))
    if version < since:
        lost[f"externalReference.type={kind[:40]}"] += 1
        value["type"] = instead if version >= reference_since(instead) else "other"
    return value


def _service(value: Object, version: str, lost: Counter[str]) -> Object:
    return _licenses(value, version, lost)


def _signatory(value: Object, version: str, lost: Counter[str]) -> Object:
    """JSON wants a signature, or an organization and where to find more; one of XML may have neither."""
    return value if "signature" in value or {"organization", "externalReference"} <= value.keys() else {}


_RULES: dict[str, Callable[[Object, str, Counter[str]], Object]] = {
    "component": _component,
    "componentEvidence": _evidence,
    "metadata": _metadata,
    "externalReference": _reference,
    "service": _service,
    "bom.declarations.affirmation.signatories": _signatory,
    "vulnerability": _vulnerability,
}
