"""Azure Linux and its elder Mariner: OVAL, as XML or flattened to a definition a line.

::

    {"id": "oval:com.microsoft.cbl-mariner:def:27741", "eco": "Mariner:1.0", "cve": "CVE-2023-3863",
     "severity": "Medium", "date": "2023-08-15T…", "patchable": "true",
     "tests": [["kernel", "less than", "0:5.10.188.1-1.cm1"]]}
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats import json_records, oval
from assay.formats.json import Object, as_list, as_text
from assay.model.advisory import Advisory, Affected, FixState, Level, Record, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped
from assay.model.version import Interval

_LEVELS = {"critical": Level.CRITICAL, "high": Level.HIGH, "important": Level.HIGH, "medium": Level.MEDIUM} | {
    "moderate": Level.MEDIUM,
    "low": Level.LOW,
}


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisories of a file."""
    if document.content.lstrip()[:1] == b"<":
        yield from oval.read(document, source, _ecosystem(document.name))
    else:
        yield from json_records.records(document, lambda item: _read(item, source))


def _ecosystem(name: str) -> str:
    """``Azure Linux:3.0`` for ``azurelinux-3.0-oval.xml``, ``Mariner:2.0`` for ``cbl-mariner-2.0-oval.xml``."""
    version = next((part for part in name.replace("_", "-").split("-") if part[:1].isdigit()), "")
    return f"{'Mariner' if 'mariner' in name else 'Azure Linux'}:{version}"


def _read(item: Object, source: str) -> Advisory:
    cve, ecosystem = as_text(item.get("cve")), as_text(item.get("eco"))
    if not cve or not ecosystem:
        raise Malformed("a definition without a CVE or a system")
    level = _LEVELS.get(as_text(item.get("severity")).lower(), Level.UNKNOWN)
    day = as_text(item.get("date"))
    return Advisory(
        cve,
        published=day,
        modified=day,
        severities=(Severity(source, level=level),) if level is not Level.UNKNOWN else (),
        affected=tuple(
            found for test in as_list(item.get("tests")) if (found := _affected(test, ecosystem)) is not None
        ),
    )


def _affected(test: object, ecosystem: str) -> Affected | None:
    parts = [as_text(part) for part in as_list(test)]
    if len(parts) != 3:
        return None
    package, operation, version = parts
    version = version.removeprefix("0:")
    if operation == "less than":
        return Affected(
            ecosystem, package, (Interval(high=version),), fixed=(version,), state=FixState.FIXED, binary=True
        )
    if operation == "less than or equal":
        interval = Interval(high=version, high_included=True)
        return Affected(ecosystem, package, (interval,), state=FixState.NOT_FIXED, binary=True)
    return None
