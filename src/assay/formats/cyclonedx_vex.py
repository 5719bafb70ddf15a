"""CycloneDX as VEX: ``vulnerabilities`` with an analysis, in a BOM or in a document of their own.

::

    {"bomFormat": "CycloneDX", "specVersion": "1.6", "vulnerabilities": [{"id": "CVE-2021-44228",
      "analysis": {"state": "not_affected", "justification": "code_not_reachable", "detail": "…"},
      "affects": [{"ref": "urn:cdx:SERIAL/1#pkg:maven/…"}, {"ref": "pkg:maven/…"}]}]}
"""

from __future__ import annotations

from urllib.parse import unquote

from assay.formats.json import Object, as_list, as_object, as_text, load_object
from assay.model.vex import Product, Statement, Status, VexDocument

STATES = {
    "not_affected": Status.NOT_AFFECTED,
    "false_positive": Status.NOT_AFFECTED,
    "resolved": Status.FIXED,
    "resolved_with_pedigree": Status.FIXED,
    "exploitable": Status.AFFECTED,
    "in_triage": Status.UNDER_INVESTIGATION,
}
WRITTEN = {
    Status.NOT_AFFECTED: "not_affected",
    Status.FIXED: "resolved",
    Status.AFFECTED: "exploitable",
    Status.UNDER_INVESTIGATION: "in_triage",
}
JUSTIFICATIONS = {
    "code_not_present": "vulnerable_code_not_present",
    "code_not_reachable": "vulnerable_code_not_in_execute_path",
    "requires_configuration": "vulnerable_code_cannot_be_controlled_by_adversary",
    "requires_dependency": "component_not_present",
    "requires_environment": "vulnerable_code_cannot_be_controlled_by_adversary",
    "protected_by_compiler": "inline_mitigations_already_exist",
    "protected_at_runtime": "inline_mitigations_already_exist",
    "protected_at_perimeter": "inline_mitigations_already_exist",
    "protected_by_mitigating_control": "inline_mitigations_already_exist",
}
WRITTEN_JUSTIFICATIONS = {
    "component_not_present": "requires_dependency",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "vulnerable_code_cannot_be_controlled_by_adversary": "requires_environment",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}


def read(data: bytes, origin: str) -> VexDocument:
    """The statements of a document."""
    return of(load_object(data), origin)


def of(value: Object, origin: str) -> VexDocument:
    """The statements of a loaded document; what has no analysis says nothing."""
    metadata = as_object(value.get("metadata"))
    time = as_text(metadata.get("timestamp"))
    known = _components(value)
    statements = []
    for item in map(as_object, as_list(value.get("vulnerabilities"))):
        analysis = as_object(item.get("analysis"))
        status = STATES.get(as_text(analysis.get("state")))
        if status is not None:
            statements.append(_statement(item, analysis, status, known, (time, origin)))
    serial = as_text(value.get("serialNumber"))
    return VexDocument("cyclonedx", serial, "", "", time, "", 1, tuple(statements))


def _components(value: Object) -> dict[str, tuple[str, ...]]:
    """What each bom-ref is also known as."""
    result = {}
    waiting = [*as_list(value.get("components")), as_object(value.get("metadata")).get("component")]
    while waiting:
        item = as_object(waiting.pop())
        names = [as_text(item.get(key)) for key in ("bom-ref", "purl", "cpe")]
        if names[0]:
            result[names[0]] = tuple(dict.fromkeys(filter(None, names)))
        waiting += as_list(item.get("components"))
    return result


def _statement(
    item: Object, analysis: Object, status: Status, known: dict[str, tuple[str, ...]], about: tuple[str, str]
) -> Statement:
    word = as_text(analysis.get("justification"))
    others = [as_text(as_object(reference).get("id")) for reference in as_list(item.get("references"))]
    refs = [as_text(as_object(affect).get("ref")) for affect in as_list(item.get("affects"))]
    return Statement(
        vulnerability=tuple(dict.fromkeys(filter(None, [as_text(item.get("id")), *others]))),
        status=status,
        products=tuple(Product(_ids(ref, known)) for ref in refs if ref),
        justification=JUSTIFICATIONS.get(word, ""),
        impact=as_text(analysis.get("detail")) or word,
        response=tuple(map(as_text, as_list(analysis.get("response")))),
        time=as_text(analysis.get("lastUpdated")) or as_text(item.get("updated")) or about[0],
        origin=about[1],
    )


def _ids(ref: str, known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The ids behind a bom-ref or a BOM-Link."""
    local = unquote(ref.rpartition("#")[2]) if ref.startswith("urn:cdx:") else ref
    return known.get(local, (local,))


def write(document: VexDocument) -> bytes:
    """A CycloneDX 1.6 document of vulnerabilities alone, about purls."""
    from assay.formats import json_bytes

    value: Object = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": document.version,
        "metadata": {"timestamp": document.time},
        "vulnerabilities": [_written(item) for item in document.statements],
    }
    if document.id.startswith("urn:uuid:"):
        value["serialNumber"] = document.id
    return json_bytes.dump(value)


def _written(item: Statement) -> Object:
    analysis: Object = {"state": WRITTEN[item.status]}
    if item.status is Status.NOT_AFFECTED and item.justification in WRITTEN_JUSTIFICATIONS:
        analysis["justification"] = WRITTEN_JUSTIFICATIONS[item.justification]
    if item.impact or item.action:
        analysis["detail"] = item.impact or item.action
    if item.time:
        analysis["lastUpdated"] = item.time
    refs = [part[0] for product in item.products for part in product.subcomponents or (product.ids,) if part]
    name = item.vulnerability[0] if item.vulnerability else ""
    return {"id": name, "analysis": analysis, "affects": [{"ref": ref} for ref in dict.fromkeys(refs)]}
