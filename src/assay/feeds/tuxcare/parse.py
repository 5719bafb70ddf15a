"""TuxCare's extended support: the state of each CVE in systems whose own support has ended.

::

    {"cve": "CVE-2016-2070", "os": "Oracle Linux 7 ELS", "pkg": "kernel", "ver": "3.10.0", "status": "Released",
     "score": "7.5", "upd": "2025-11-05"}

``ver`` is the affected base version, not the fix: what was released is a fix whose version is not told, so a package of
that base version stays affected as far as this source knows, with "a fix is released" as its note.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats import json_records
from assay.formats.json import Object, as_text
from assay.model.advisory import Advisory, Affected, FixState, Record, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped

_STATES = {
    "Released": FixState.UNKNOWN,
    "Already Fixed": FixState.NOT_AFFECTED,
    "Not Vulnerable": FixState.NOT_AFFECTED,
    "Ignored": FixState.WONT_FIX,
    "In Progress": FixState.NOT_FIXED,
    "In Testing": FixState.NOT_FIXED,
    "In Rollout": FixState.NOT_FIXED,
    "Ready for Release": FixState.NOT_FIXED,
    "Needs Triage": FixState.UNDER_INVESTIGATION,
}


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisories: rows of one CVE that follow each other are one."""
    group: list[tuple[Object, str]] = []
    for place, item in json_records.objects(document):
        if isinstance(item, Skipped):
            yield item
            continue
        if group and group[0][0].get("cve") != item.get("cve"):
            yield from _advisory(group, source)
            group = []
        group.append((item, place))
    if group:
        yield from _advisory(group, source)


def _advisory(group: list[tuple[Object, str]], source: str) -> Iterator[Record | Skipped]:
    affected, severities = [], []
    name = as_text(group[0][0].get("cve"))
    for item, place in group:
        try:
            affected.append(_affected(item))
        except Malformed as error:
            yield Skipped(place, error.what)
            continue
        score = as_text(item.get("score"))
        if score.replace(".", "", 1).isdigit() and float(score) > 0:
            severities.append(Severity(source, score=float(score)))
    if name and affected:
        newest = max(as_text(item.get("upd")) for item, _ in group)
        yield Advisory(name, modified=newest, severities=tuple(dict.fromkeys(severities)), affected=tuple(affected))


def _affected(item: Object) -> Affected:
    system, package, base = (as_text(item.get(key)) for key in ("os", "pkg", "ver"))
    if not system or not package:
        raise Malformed("a row without system or package")
    status = as_text(item.get("status"))
    note = "a fix is released" if status == "Released" else status
    return Affected(
        f"TuxCare:{system}",
        package,
        versions=(base,) if base else (),
        state=_STATES.get(status, FixState.UNKNOWN),
        note=note,
    )
