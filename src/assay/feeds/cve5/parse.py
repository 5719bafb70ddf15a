"""CVE records (JSON 5) with what CISA's Vulnrichment adds: CVSS, CWE and SSVC decision points.

::

    {"dataType": "CVE_RECORD", "cveMetadata": {"cveId": "CVE-2024-3094", "state": "PUBLISHED"},
     "containers": {"cna": {"providerMetadata": {"shortName": "redhat"}, "title": "…",
         "metrics": [{"cvssV3_1": {"vectorString": "…", "baseScore": 10.0}}]},
       "adp": [{"providerMetadata": {"shortName": "CISA-ADP"},
         "metrics": [{"other": {"type": "ssvc", "content": {"options": [
          {"Exploitation": "none"}, {"Automatable": "no"}, {"Technical Impact": "total"}]}}},
          {"other": {"type": "kev", "content": {"dateAdded": "2024-03-30"}}}]}]}}

Records of the form ``{cve, state, cvss: [[WHO, VECTOR, SCORE, SEVERITY]], cwe, ssvc, kev}`` are read too.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats import json_records
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.advisory import Enrichment, Exploited, Record, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The facts of a file."""
    yield from json_records.records(document, lambda item: _read(item, source))


def _read(item: Object, source: str) -> Enrichment:
    if "containers" in item:
        return _record(item, source)
    name = as_text(item.get("cve"))
    if not name:
        raise Malformed("a record without a CVE")
    severities = []
    for said in as_list(item.get("cvss")):
        parts = as_list(said)
        if len(parts) >= 3 and isinstance(parts[2], int | float):
            severities.append(Severity(as_text(parts[0]), as_text(parts[1]), float(parts[2])))
    return Enrichment(
        name,
        tuple(severities),
        tuple(text for value in as_list(item.get("cwe")) if (text := as_text(value))),
        exploited=Exploited(as_text(as_object(item["kev"]).get("dateAdded")))
        if isinstance(item.get("kev"), dict)
        else None,
        ssvc=_points(as_object(item.get("ssvc"))),
        rejected="rejected" if as_text(item.get("state")) == "REJECTED" else "",
        modified=as_text(item.get("modified")),
    )


def _points(item: Object) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, as_text(value)) for name, value in item.items() if as_text(value)))


def _record(item: Object, source: str) -> Enrichment:
    metadata, containers = as_object(item.get("cveMetadata")), as_object(item["containers"])
    name = as_text(metadata.get("cveId"))
    if not name:
        raise Malformed("a record without a CVE")
    parts = [as_object(containers.get("cna")), *map(as_object, as_list(containers.get("adp")))]
    ssvc: Object = {}
    severities: list[Severity] = []
    weaknesses: list[str] = []
    exploited: Exploited | None = None
    for part in parts:
        judge = _judge(part) or source
        for metric in map(as_object, as_list(part.get("metrics"))):
            severities += _scores(metric, judge)
            other = as_object(metric.get("other"))
            if other.get("type") == "ssvc":
                for option in map(as_object, as_list(as_object(other.get("content")).get("options"))):
                    ssvc |= option
            elif other.get("type") == "kev":
                exploited = Exploited(as_text(as_object(other.get("content")).get("dateAdded")))
        for problem in map(as_object, as_list(part.get("problemTypes"))):
            names = (as_text(as_object(text).get("cweId")) for text in as_list(problem.get("descriptions")))
            weaknesses += filter(None, names)
    return Enrichment(
        name,
        tuple(severities),
        tuple(dict.fromkeys(weaknesses)),
        exploited=exploited,
        ssvc=_points(ssvc),
        rejected="rejected" if as_text(metadata.get("state")) == "REJECTED" else "",
        published=as_text(metadata.get("datePublished")),
        modified=as_text(metadata.get("dateUpdated")),
        summary=as_text(parts[0].get("title")),
    )


def _judge(part: Object) -> str:
    """Who wrote a container: the title of the CNA's is that of the vulnerability, so only the provider's name tells."""
    name = as_text(as_object(part.get("providerMetadata")).get("shortName"))
    return "CISA ADP" if name == "CISA-ADP" else name


def _scores(metric: Object, judge: str) -> list[Severity]:
    result = []
    for kind in ("cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0"):
        data = as_object(metric.get(kind))
        score = data.get("baseScore")
        if data:
            number = float(score) if isinstance(score, int | float) else -1.0
            result.append(Severity(judge, as_text(data.get("vectorString")), number))
    return result
