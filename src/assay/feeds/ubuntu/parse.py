"""Ubuntu: OSV records, and the older CVE tracker by CVE, source package and release.

The tracker in JSON::

    {"cve": "CVE-2020-8492", "published": "2020-01-30", "priority": "low", "cvss": "CVSS:3.1/…",
     "pkgs": {"python3.6": {"bionic": ["released", "3.6.9-1~18.04ubuntu1.1"], "xenial": ["DNE", ""]}}}

and as the files of its git tree (``active/CVE-…``)::

    Candidate: CVE-2020-8492
    PublicDate: 2020-01-30 19:15:00 UTC
    Priority: low
    bionic_python3.6: released (3.6.9-1~18.04ubuntu1.1)
    trusty/esm_python3.5: ignored (end of life)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from assay.errors import Malformed
from assay.formats import advisory_ecosystem, json_records, osv
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.advisory import Advisory, Affected, FixState, Level, Record, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped
from assay.model.version import Interval

_STATES = {
    "needed": FixState.NOT_FIXED,
    "active": FixState.NOT_FIXED,
    "pending": FixState.NOT_FIXED,
    "needs-triage": FixState.UNDER_INVESTIGATION,
    "deferred": FixState.DEFERRED,
    "ignored": FixState.WONT_FIX,
    "not-affected": FixState.NOT_AFFECTED,
}
_LEVELS = {
    "critical": Level.CRITICAL,
    "high": Level.HIGH,
    "medium": Level.MEDIUM,
    "low": Level.LOW,
    "negligible": Level.NEGLIGIBLE,
}
_END_OF_LIFE = re.compile(r"end[ -]of[ -](?:life|standard support)|reached end|\beol\b|out of support", re.IGNORECASE)
_LINE = re.compile(r"([a-z0-9./-]+)_([A-Za-z0-9.+-]+):\s*([A-Za-z-]+)\s*(?:\((.*)\))?\s*", re.ASCII)


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisories of a file."""
    if document.content.lstrip()[:1] in (b"{", b"["):
        yield from json_records.records(document, lambda item: _read(item, source))
    elif document.name.rpartition("/")[2].startswith("CVE-") or b"Candidate: CVE-" in document.content:
        yield _tracker_file(document, source)


def _read(item: Object, source: str) -> Advisory:
    if "pkgs" not in item:
        return osv.read(item, source)
    name = as_text(item.get("cve"))
    if not name:
        raise Malformed("a record without a CVE")
    affected = []
    for package, releases in as_object(item["pkgs"]).items():
        for release, said in as_object(releases).items():
            words = as_list(said)
            place = _release(release)
            if place and words:
                found = _affected(place, package, as_text(words[0]), as_text(words[1]) if len(words) > 1 else "")
                if found is not None:
                    affected.append(found)
    severities = _severities(as_text(item.get("priority")), as_text(item.get("cvss")), source)
    return Advisory(name, published=as_text(item.get("published")), severities=severities, affected=tuple(affected))


def _severities(priority: str, vector: str, source: str) -> tuple[Severity, ...]:
    level = _LEVELS.get(priority.split(" ")[0].lower(), Level.UNKNOWN)
    if vector:
        return (Severity(source, vector, level=level),)
    return (Severity(source, level=level),) if level is not Level.UNKNOWN else ()


@cache
def _release(text: str) -> tuple[str, str] | None:
    """The ecosystem and channel of ``bionic``, ``trusty/esm``, ``esm-apps/xenial``; None for what is no release."""
    parts = text.split("/")
    for part in parts:
        ecosystem = advisory_ecosystem.ubuntu(part)
        if ecosystem:
            return ecosystem, "".join(other for other in parts if other != part)
    return None


def _affected(place: tuple[str, str], package: str, status: str, detail: str) -> Affected | None:
    ecosystem, channel = place
    if status == "released":
        fixed = detail.strip()
        if not fixed:
            return Affected(ecosystem, package, (Interval(),), state=FixState.UNKNOWN, channel=channel)
        return Affected(
            ecosystem, package, (Interval(high=fixed),), fixed=(fixed,), state=FixState.FIXED, channel=channel
        )
    state = _STATES.get(status)
    if state is None:
        return None
    if state is FixState.WONT_FIX and _END_OF_LIFE.search(detail):
        state = FixState.END_OF_LIFE
    return Affected(ecosystem, package, state=state, channel=channel, note=f"{status}: {detail}" if detail else status)


def _tracker_file(document: Document, source: str) -> Advisory | Skipped:
    fields: dict[str, str] = {}
    affected = []
    for line in document.text.splitlines():
        match = _LINE.fullmatch(line)
        place = _release(match[1]) if match else None
        if match and place:
            found = _affected(place, match[2], match[3], match[4] or "")
            if found is not None:
                affected.append(found)
        elif line[:1].isalpha():
            key, _, value = line.partition(":")
            fields.setdefault(key, value.strip())
    name = fields.get("Candidate", "")
    if not name:
        return Skipped(document.name, "a tracker file without Candidate")
    severities = _severities(fields.get("Priority", ""), "", source)
    return Advisory(name, published=fields.get("PublicDate", "")[:10], severities=severities, affected=tuple(affected))
