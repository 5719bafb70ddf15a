"""The NVD: CVE records of API 2.0 and of the yearly files, with the CPE matches of their configurations.

::

    {"vulnerabilities": [{"cve": {"id": "CVE-2021-44228", "vulnStatus": "Analyzed", "metrics": {"cvssMetricV31": [
        {"source": "nvd@nist.gov", "cvssData": {"vectorString": "CVSS:3.1/…", "baseScore": 10.0}}]},
      "configurations": [{"nodes": [{"operator": "OR", "cpeMatch": [{"vulnerable": true,
        "criteria": "cpe:2.3:a:apache:log4j:*:*:*:*:*:*:*:*", "versionEndExcluding": "2.15.0"}]}]}]}}]}

Only matches marked vulnerable count: what a product merely runs on is not affected. Records of the form ``{cve, cna,
configurations, published, modified, rejection}`` are read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats import cpe, json_records
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.advisory import Advisory, Affected, Enrichment, FixState, Record, Reference, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped
from assay.model.version import Interval

_CPE_PART = re.compile(r"(?<!\\):")


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The records: an advisory where packages are named, else only facts."""
    for place, item in json_records.objects(document):
        if isinstance(item, Skipped):
            yield item
            continue
        many = [as_object(entry).get("cve") for entry in as_list(item.get("vulnerabilities"))]
        for number, record in enumerate(many or [item], 1):
            try:
                yield from _read(as_object(record), source)
            except Malformed as error:
                yield Skipped(f"{place}: {number}", error.what)


def _read(item: Object, source: str) -> Iterator[Record]:
    name = as_text(item.get("id")) or as_text(item.get("cve"))
    if not name:
        raise Malformed("a record without a CVE")
    published, modified = (
        as_text(item.get("published")),
        as_text(item.get("lastModified")) or as_text(item.get("modified")),
    )
    rejected = as_text(item.get("rejection")) or ("rejected" if item.get("vulnStatus") == "Rejected" else "")
    if isinstance(item.get("rejection"), dict):
        rejected = as_text(as_object(item["rejection"]).get("reason")) or "rejected"
    severities = tuple(_severities(as_object(item.get("metrics"))))
    weaknesses = tuple(dict.fromkeys(_weaknesses(item)))
    summary = next((as_text(as_object(text).get("value")) for text in as_list(item.get("descriptions"))), "")
    yield Enrichment(name, severities, weaknesses, rejected=rejected, published=published, modified=modified)
    affected = () if rejected else tuple(dict.fromkeys(_configurations(as_list(item.get("configurations")))))
    if affected:
        links = [as_text(as_object(link).get("url")) for link in as_list(item.get("references"))]
        yield Advisory(
            name,
            published=published,
            modified=modified,
            summary=summary.split("\n")[0][:300],
            severities=severities,
            weaknesses=weaknesses,
            references=tuple(map(Reference, filter(None, links))),
            affected=affected,
        )


def _severities(metrics: Object) -> Iterator[Severity]:
    for kind in ("cvssMetricV40", "cvssMetricV31", "cvssMetricV30", "cvssMetricV2"):
        for metric in as_list(metrics.get(kind)):
            said = as_object(metric)
            data = as_object(said.get("cvssData"))
            score = data.get("baseScore")
            judge = as_text(said.get("source"))
            yield Severity(
                "nvd" if judge == "nvd@nist.gov" else judge or "nvd",
                as_text(data.get("vectorString")),
                float(score) if isinstance(score, int | float) else -1.0,
            )


def _weaknesses(item: Object) -> Iterator[str]:
    for weakness in as_list(item.get("weaknesses")):
        for text in as_list(as_object(weakness).get("description")):
            name = as_text(as_object(text).get("value"))
            if name.startswith("CWE-"):
                yield name


def _configurations(items: list[object] | list) -> Iterator[Affected]:  # type: ignore[type-arg]
    for item in items:
        if isinstance(item, list):  # a list of matches, as the shared form has it
            yield from _matches(item, "")
            continue
        configuration = as_object(item)
        nodes = [as_object(node) for node in as_list(configuration.get("nodes"))]
        runs_on = as_text(configuration.get("operator")) == "AND" or len(nodes) > 1
        note = "only together with another product" if runs_on and len(nodes) > 1 else ""
        for node in nodes:
            yield from _matches(as_list(node.get("cpeMatch")), note)


def _matches(items: list[object] | list, note: str) -> Iterator[Affected]:  # type: ignore[type-arg]
    for item in items:
        match = as_object(item)
        if match.get("vulnerable") is not True:
            continue
        parts = _parts(as_text(match.get("criteria")))
        if len(parts) < 11 or parts[3] in ("*", "-", "null") or parts[4] in ("*", "-", "null"):
            continue
        yield _affected(match, parts, note)


def _parts(criteria: str) -> list[str]:
    """The parts of a CPE 2.3 formatted string, unescaped, in lower case."""
    criteria = criteria.lower()
    if "\\" not in criteria:
        return criteria.split(":")
    return [re.sub(r"\\(.)", r"\1", part) for part in _CPE_PART.split(criteria)]


def _affected(match: Object, parts: list[str], note: str) -> Affected:
    low, low_open = as_text(match.get("versionStartIncluding")), as_text(match.get("versionStartExcluding"))
    high, high_open = as_text(match.get("versionEndIncluding")), as_text(match.get("versionEndExcluding"))
    version, update = parts[5], parts[6]
    product = f"{parts[2]}:{parts[3]}:{parts[4]}"
    found = Affected(
        cpe.ecosystem(product),
        product,
        fixed=(high_open,) if high_open else (),
        state=FixState.FIXED if high_open else FixState.UNKNOWN,
        platform="" if parts[10] in ("*", "-") else parts[10],
        note=note,
    )
    if low or low_open or high or high_open or version in ("*", "-"):
        interval = Interval(low or low_open, not low_open, high or high_open, bool(high) and not high_open)
        return found._replace(intervals=(interval,))
    return found._replace(versions=(version if update in ("*", "-") else f"{version}-{update}",))
