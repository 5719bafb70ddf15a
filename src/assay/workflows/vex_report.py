"""VEX statements applied to a report that was written before."""

from __future__ import annotations

from collections.abc import Sequence

from assay.engines import vex
from assay.errors import Malformed
from assay.formats import purl
from assay.formats.json import Object, as_list, as_object, as_text
from assay.formats.scan_report import FINGERPRINT
from assay.model.component import Component
from assay.model.finding import Finding, Match, Vulnerability
from assay.model.vex import VexDocument


def apply(value: Object, documents: Sequence[VexDocument]) -> int:
    """Change the report in place; how many findings are suppressed now. Raises `Malformed` for another document."""
    if "findings" in value and "coverage" in value:
        return _own(value, documents)
    if isinstance(value.get("runs"), list):
        return _sarif(value, documents)
    raise Malformed("no report that VEX can be applied to", "use SARIF or assay's JSON")


def _own(value: Object, documents: Sequence[VexDocument]) -> int:
    subject = _component(as_text(as_object(value.get("subject")).get("id")))
    stay: list[object] = []
    hidden = as_list(value.get("suppressed"))
    count = 0
    for item in map(as_object, as_list(value["findings"])):
        ids = (as_text(item.get("id")), *map(as_text, as_list(item.get("aliases"))))
        said = _suppressed(ids, as_text(as_object(item.get("component")).get("id")), documents, subject)
        if said is None:
            stay.append(item)
            continue
        count += 1
        item["suppression"] = {
            "cause": "vex",
            "reason": said.reason,
            "origin": said.origin,
            "expires": "",
            "status": said.status,
            "justification": said.justification,
        }
        hidden.append(item)
    value["findings"] = stay  # type: ignore[assignment]
    value["suppressed"] = hidden
    summary = as_object(value.get("summary"))
    summary["findings"], summary["suppressed"] = len(stay), len(hidden)
    return count


def _sarif(value: Object, documents: Sequence[VexDocument]) -> int:
    count = 0
    for run in map(as_object, as_list(value["runs"])):
        subject = _component(as_text(as_object(run.get("properties")).get("subject")))
        for result in map(as_object, as_list(run.get("results"))):
            mark = as_text(as_object(result.get("partialFingerprints")).get(FINGERPRINT))
            component = mark.partition(" ")[2] or as_text(as_object(result.get("properties")).get("purl"))
            said = _suppressed((as_text(result.get("ruleId")),), component, documents, subject)
            if said is not None and not result.get("suppressions"):
                count += 1
                text = " ".join(filter(None, (said.status, said.justification, said.reason)))
                result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": text}]
    return count


def _suppressed(ids: tuple[str, ...], component: str, documents: Sequence[VexDocument], subject: Component):  # type: ignore[no-untyped-def]
    finding = Finding(Vulnerability(ids[0], ids), _component(component), (Match("", "", "", "", ""),))
    _, hidden = vex.apply([finding], documents, subject)
    return hidden[0].suppression if hidden else None


def _component(name: str) -> Component:
    if name.startswith("pkg:"):
        found = purl.parse(name)
        return Component(found.name, found.version, namespace=found.namespace, purl=found)
    return Component(name, ref=name)
