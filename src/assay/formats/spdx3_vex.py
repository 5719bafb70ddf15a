"""SPDX 3.0 as VEX: the assessment relationships of the security profile.

::

    {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
      {"type": "security_Vulnerability", "spdxId": "urn:v1", "externalIdentifier": [
         {"externalIdentifierType": "cve", "identifier": "CVE-2020-28498"}]},
      {"type": "security_VexNotAffectedVulnAssessmentRelationship", "from": "urn:v1", "to": ["urn:p1"],
       "relationshipType": "doesNotAffect", "security_justificationType": "componentNotPresent"}]}
"""

from __future__ import annotations

from assay.formats.json import Object, as_list, as_object, as_text, load_object
from assay.model.vex import Product, Statement, Status, VexDocument

_PREFIX, _SUFFIX = "security_Vex", "VulnAssessmentRelationship"
_STATUS = {
    "NotAffected": Status.NOT_AFFECTED,
    "Affected": Status.AFFECTED,
    "Fixed": Status.FIXED,
    "UnderInvestigation": Status.UNDER_INVESTIGATION,
}
_KINDS = {status: name for name, status in _STATUS.items()}
_RELATIONS = {
    Status.NOT_AFFECTED: "doesNotAffect",
    Status.AFFECTED: "affects",
    Status.FIXED: "fixedIn",
    Status.UNDER_INVESTIGATION: "underInvestigationFor",
}
_JUSTIFICATIONS = {
    "componentNotPresent": "component_not_present",
    "vulnerableCodeNotPresent": "vulnerable_code_not_present",
    "vulnerableCodeNotInExecutePath": "vulnerable_code_not_in_execute_path",
    "vulnerableCodeCannotBeControlledByAdversary": "vulnerable_code_cannot_be_controlled_by_adversary",
    "inlineMitigationsAlreadyExist": "inline_mitigations_already_exist",
}
_WORDS = {ours: theirs for theirs, ours in _JUSTIFICATIONS.items()}


def is_spdx3(value: Object) -> bool:
    """Whether a document is SPDX 3."""
    return "spdx.org/rdf/3" in str(value.get("@context", ""))[:1000]


def read(data: bytes, origin: str) -> VexDocument:
    """The statements of a document."""
    return of(load_object(data), origin)


def of(value: Object, origin: str) -> VexDocument:
    """The statements of a loaded document."""
    elements = {as_text(item.get("spdxId")): item for item in map(as_object, as_list(value.get("@graph")))}
    statements = []
    for item in elements.values():
        kind = as_text(item.get("type"))
        status = _STATUS.get(kind.removeprefix(_PREFIX).removesuffix(_SUFFIX))
        if kind.startswith(_PREFIX) and status is not None:
            statements.append(_statement(item, status, elements, origin))
    return VexDocument("spdx3", "", "", "", "", "", 1, tuple(statements))


def _statement(item: Object, status: Status, elements: dict[str, Object], origin: str) -> Statement:
    about = elements.get(as_text(item.get("from")), {})
    names = [as_text(as_object(one).get("identifier")) for one in as_list(about.get("externalIdentifier"))]
    names.append(as_text(about.get("name")))
    products = [_ids(elements.get(as_text(name), {}), as_text(name)) for name in as_list(item.get("to"))]
    return Statement(
        vulnerability=tuple(dict.fromkeys(filter(None, names))),
        status=status,
        products=tuple(map(Product, products)),
        justification=_JUSTIFICATIONS.get(as_text(item.get("security_justificationType")), ""),
        impact=as_text(item.get("security_impactStatement")) or as_text(item.get("security_statusNotes")),
        action=as_text(item.get("security_actionStatement")),
        time=as_text(item.get("security_modifiedTime")) or as_text(item.get("security_publishedTime")),
        origin=origin,
    )


def _ids(element: Object, name: str) -> tuple[str, ...]:
    found = [as_text(element.get("software_packageUrl"))]
    found += [as_text(as_object(one).get("identifier")) for one in as_list(element.get("externalIdentifier"))]
    return tuple(dict.fromkeys(filter(None, [*found, name])))


def write(document: VexDocument) -> bytes:
    """A graph of vulnerabilities, packages and assessments."""
    from assay.formats import json_bytes

    base = document.id or "urn:vex"
    tool = f"{base}#author"
    info: Object = {
        "type": "CreationInfo",
        "@id": "_:creation",
        "specVersion": "3.0.1",
        "created": document.time,
        "createdBy": [tool],
    }
    graph: list[Object] = [info, _element("Organization", tool, name=document.author or "unknown")]
    seen: dict[str, str] = {}
    for number, item in enumerate(document.statements, 1):
        name = item.vulnerability[0] if item.vulnerability else ""
        if name not in seen:
            seen[name] = f"{base}#vulnerability-{len(seen) + 1}"
            kind = "cve" if name.startswith("CVE-") else "securityOther"
            identifier: Object = {"type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": name}
            graph.append(_element("security_Vulnerability", seen[name], externalIdentifier=[identifier]))
        targets = []
        for product in item.products:
            for part in product.subcomponents or (product.ids,):
                targets.append(_package(part, seen, graph, base))
        graph.append(_assessment(item, f"{base}#assessment-{number}", seen[name], targets))
    return json_bytes.dump({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": list(graph)})


def _element(kind: str, name_: str, **fields: object) -> Object:
    return {"type": kind, "spdxId": name_, "creationInfo": "_:creation", **fields}  # type: ignore[dict-item]


def _package(ids: tuple[str, ...], seen: dict[str, str], graph: list[Object], base: str) -> str:
    purl = next((name for name in ids if name.startswith("pkg:")), ids[0] if ids else "unknown")
    if purl not in seen:
        seen[purl] = f"{base}#package-{len(seen) + 1}"
        fields: Object = {"software_packageUrl": purl} if purl.startswith("pkg:") else {}
        graph.append(_element("software_Package", seen[purl], name=purl, **fields))
    return seen[purl]


def _assessment(item: Statement, name: str, vulnerability: str, targets: list[str]) -> Object:
    optional: Object = {
        "security_justificationType": _WORDS.get(item.justification, ""),
        "security_impactStatement": item.impact,
        "security_actionStatement": item.action,
        "security_publishedTime": item.time,
    }
    kind = f"{_PREFIX}{_KINDS[item.status]}{_SUFFIX}"
    said = {key: text for key, text in optional.items() if text}
    return _element(
        kind, name, **{"from": vulnerability, "to": targets, "relationshipType": _RELATIONS[item.status], **said}
    )
