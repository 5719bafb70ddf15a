"""Arch Linux' security tracker (``/all.json``): groups of CVEs with the packages and versions that have them.

::

    [{"name": "AVG-2898", "packages": ["curl"], "status": "Fixed", "severity": "Medium", "type": "…",
      "affected": "8.8.0-1", "fixed": "8.9.0-1", "issues": ["CVE-2024-6874"]}]
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats import json_records
from assay.formats.json import Object, as_list, as_text
from assay.model.advisory import Advisory, Affected, FixState, Level, Record, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped
from assay.model.version import Interval

_LEVELS = {"Critical": Level.CRITICAL, "High": Level.HIGH, "Medium": Level.MEDIUM, "Low": Level.LOW}


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The groups of a file."""
    yield from json_records.records(document, lambda item: _read(item, source))


def _read(item: Object, source: str) -> Advisory:
    name, packages = as_text(item.get("name")), [as_text(value) for value in as_list(item.get("packages"))]
    if not name or not packages:
        raise Malformed("a group without a name or packages")
    fixed, status = as_text(item.get("fixed")), as_text(item.get("status"))
    state = FixState.NOT_AFFECTED if status == "Not affected" else FixState.FIXED if fixed else FixState.NOT_FIXED
    level = _LEVELS.get(as_text(item.get("severity")), Level.UNKNOWN)
    interval = Interval(high=fixed) if fixed else Interval()
    return Advisory(
        name,
        upstream=tuple(text for value in as_list(item.get("issues")) if (text := as_text(value))),
        summary=as_text(item.get("type")),
        severities=(Severity(source, level=level),) if level is not Level.UNKNOWN else (),
        affected=tuple(
            Affected(
                "Arch Linux",
                package,
                () if state is FixState.NOT_AFFECTED else (interval,),
                fixed=(fixed,) if fixed else (),
                state=state,
                binary=True,
            )
            for package in packages
            if package
        ),
    )
