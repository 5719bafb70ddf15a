"""Where XML and JSON do not tell the same thing in the same shape.

Names that differ, the key for the text beside attributes, and pairs of functions for the types that have a form of
their own: licences, dependencies, tools, references, data flows, patents, data sets, environment variables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.xml import child, children, local, text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from assay.formats.cyclonedx.xml_shape import Part

TEXT_KEYS = {"propertyType": "value", "dataClassificationType": "classification", "licenseExpressionType": "expression"}
"""The JSON key of an element's text, where it is not `content`."""

_NAMES = {
    ("attachedTextType", "content-type"): "contentType",
    ("cryptoPropertiesType.protocolProperties", "cryptoRef"): "cryptoRefArray",
    ("organizationOrIndividualType", "individual"): "contact",
    ("vulnerabilityType.analysis", "responses"): "response",
    ("licenseExpressionDetailedType", "details"): "expressionDetails",
    ("licenseExpressionDetailedType.details", "license-identifier"): "licenseIdentifier",
}


def json_name(kind: str, name: str) -> str:
    """The JSON name of an attribute or child of a type."""
    return _NAMES.get((kind, name), name)


def _read(element: Element, kind: str) -> Json:
    from assay.formats.cyclonedx import xml_shape

    return xml_shape.read(element, kind)


def _read_reference(element: Element) -> Json:
    return element.get("ref", "")


def _read_licenses(element: Element) -> Json:
    kinds = {
        "license": "licenseType",
        "expression": "licenseExpressionType",
        "expression-detailed": "licenseExpressionDetailedType",
    }
    found: list[Json] = []
    for item in element:
        name = local(item)
        if name in kinds:
            content = _read(item, kinds[name])
            found.append({"license": content} if name == "license" else content)
    return found


def _write_licenses(value: Json) -> list[Part]:
    found: list[Part] = []
    for item in map(as_object, as_list(value)):
        if "license" in item:
            found.append(("license", item["license"], "licenseType"))
        elif item.keys() & {"expressionDetails", "licensing", "properties"}:
            found.append(("expression-detailed", item, "licenseExpressionDetailedType"))
        else:
            found.append(("expression", item, "licenseExpressionType"))
    return found


def _read_dependencies(element: Element) -> Json:
    """Nested entries are dependencies of the outer one; those that hold others are entries too."""
    found: dict[str, Object] = {}
    pending = children(element, "dependency")[::-1]
    while pending:
        item = pending.pop()
        entry = found.setdefault(item.get("ref", ""), {"ref": item.get("ref", "")})
        for name, key in (("dependency", "dependsOn"), ("provides", "provides")):
            inner = children(item, name)
            if inner:
                known = as_list(entry.get(key))
                refs = dict.fromkeys([*map(as_text, known), *(each.get("ref", "") for each in inner)])
                entry[key] = list(refs)
        pending += [each for each in children(item, "dependency") if len(each)][::-1]
    return list(found.values())


def _write_dependencies(value: Json) -> list[Part]:
    return [("dependency", item, "dependencyType") for item in as_list(value)]


def _write_dependency(value: Json) -> list[Part]:
    entry = as_object(value)
    needed: list[Part] = [("dependency", {"ref": ref}, "dependencyType") for ref in as_list(entry.get("dependsOn"))]
    return needed + [("provides", ref, "bomReferenceType") for ref in as_list(entry.get("provides"))]


def _read_tools(element: Element) -> Json:
    """Up to 1.4 a list of tools, since 1.5 components and services as well."""
    legacy: list[Json] = [_read(item, "toolType") for item in children(element, "tool")]
    found: Object = {}
    for name, kind in (("components", "componentsType"), ("services", "servicesType")):
        inner = child(element, name)
        if inner is not None:
            found[name] = _read(inner, kind)
    return found or legacy


def _write_tools(value: Json) -> list[Part]:
    if isinstance(value, list):
        return [("tool", item, "toolType") for item in value]
    kinds = (("components", "componentsType"), ("services", "servicesType"))
    return [(name, as_object(value)[name], kind) for name, kind in kinds if name in as_object(value)]


def _read_flows(element: Element) -> Json:
    found: list[Json] = [_read(item, "dataClassificationType") for item in children(element, "classification")]
    for item in children(element, "dataflow"):
        flow = as_object(_read(item, "service.data.dataflow"))
        classification = as_object(flow.pop("classification", None))
        found.append(flow | classification)
    return found


def _write_flows(value: Json) -> list[Part]:
    found: list[Part] = []
    flows = [as_object(item) for item in as_list(value)]
    plain = all(item.keys() <= {"flow", "classification"} for item in flows)
    for item in flows:
        simple: Object = {key: item[key] for key in ("flow", "classification") if key in item}
        if plain:
            found.append(("classification", simple, "dataClassificationType"))
        else:
            rest: Object = {key: each for key, each in item.items() if key != "flow"}
            found.append(("dataflow", rest | {"classification": simple}, "service.data.dataflow"))
    return found


def _read_datasets(element: Element) -> Json:
    found: list[Json] = []
    for item in element:
        found.append({"ref": text(item)} if local(item) == "ref" else _read(item, "componentDataType"))
    return found


def _write_datasets(value: Json) -> list[Part]:
    return [
        ("ref", item["ref"], "s")
        if isinstance(item, dict) and "ref" in item
        else ("dataset", item, "componentDataType")
        for item in as_list(value)
    ]


def _read_variables(element: Element) -> Json:
    found: list[Json] = []
    for item in element:
        found.append(_read(item, "propertyType") if local(item) == "environmentVar" else item.text or "")
    return found


def _write_variables(value: Json) -> list[Part]:
    return [
        ("environmentVar", item, "propertyType") if isinstance(item, dict) else ("value", item, "s")
        for item in as_list(value)
    ]


def _read_patents(element: Element) -> Json:
    found: list[Json] = []
    for item in element:
        value = as_object(_read(item, "patentFamilyType" if local(item) == "patentFamily" else "patentType"))
        if "patentAssignee" in value:
            value["patentAssignee"] = [_party(inner) for each in children(item, "patentAssignee") for inner in each]
        found.append(value)
    return found


def _write_patents(value: Json) -> list[Part]:
    found: list[Part] = []
    for item in map(as_object, as_list(value)):
        holders: list[Json] = [_wrapped(holder) for holder in as_list(item.get("patentAssignee"))]
        held: Object = {"patentAssignee": holders} if holders else {}
        family = "familyId" in item
        name, kind = ("patentFamily", "patentFamilyType") if family else ("patent", "patentType")
        found.append((name, item | held, kind))
    return found


def _party(element: Element) -> Json:
    """An organization or a person, which JSON tells apart by their fields alone: a mere name gets an empty one."""
    person = local(element) in ("contact", "individual")
    value = as_object(_read(element, "organizationalContact" if person else "organizationalEntity"))
    if value.keys() <= {"name", "bom-ref"}:
        value["phone" if person else "contact"] = "" if person else []
    return value


def _wrapped(value: Json) -> Object:
    """The same under the key of its kind."""
    party = as_object(value)
    kept: Object = {key: item for key, item in party.items() if item not in ("", [])}
    return {"contact" if party.keys() & {"email", "phone"} else "organization": kept}


def _read_asserter(element: Element) -> Json:
    for item in element:
        return text(item) if local(item) == "ref" else _party(item)
    return {}


def _write_asserter(value: Json) -> list[Part]:
    if isinstance(value, str):
        return [("ref", value, "s")]
    kinds = {"contact": "organizationalContact", "organization": "organizationalEntity"}
    return [(name, party, kinds[name]) for name, party in _wrapped(value).items()]


def _read_copyrights(element: Element) -> Json:
    return [{"text": item.text or ""} for item in children(element, "text")]


def _write_copyrights(value: Json) -> list[Part]:
    return [("text", as_object(item).get("text"), "s") for item in as_list(value)]


READERS: dict[str, Callable[[Element], Json]] = {
    "bomReferenceType": _read_reference,
    "dependencyType.provides": _read_reference,
    "licenseChoiceType": _read_licenses,
    "dependenciesType": _read_dependencies,
    "metadata.tools": _read_tools,
    "vulnerabilityType.tools": _read_tools,
    "service.data": _read_flows,
    "modelCardType.modelParameters.datasets": _read_datasets,
    "inputType.environmentVars": _read_variables,
    "outputType.environmentVars": _read_variables,
    "definitionsType.patents": _read_patents,
    "patentAssertionType.asserter": _read_asserter,
    "copyrightsType": _read_copyrights,
}
"""Element to value, by type."""

WRITERS: dict[str, Callable[[Json], list[Part]]] = {
    "licenseChoiceType": _write_licenses,
    "dependenciesType": _write_dependencies,
    "dependencyType": _write_dependency,
    "metadata.tools": _write_tools,
    "vulnerabilityType.tools": _write_tools,
    "service.data": _write_flows,
    "modelCardType.modelParameters.datasets": _write_datasets,
    "inputType.environmentVars": _write_variables,
    "outputType.environmentVars": _write_variables,
    "definitionsType.patents": _write_patents,
    "patentAssertionType.asserter": _write_asserter,
    "copyrightsType": _write_copyrights,
}
"""Value to children, by type."""
