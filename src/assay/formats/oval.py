"""OVAL definitions of distributions (Azure Linux, Oracle, Red Hat, SUSE): which package version has a fix.

::

    <definition class="patch" id="oval:…:def:1"><metadata><title>…</title>
       <reference source="CVE" ref_id="CVE-2023-3863"/><advisory><severity>Medium</severity></advisory></metadata>
      <criteria><criterion test_ref="oval:…:tst:1" comment="kernel is earlier than 0:5.10.188.1-1.cm1"/></criteria>
    </definition>
    <rpminfo_test id="oval:…:tst:1"><object object_ref="…:obj:1"/><state state_ref="…:ste:1"/></rpminfo_test>
    <rpminfo_object id="…:obj:1"><name>kernel</name></rpminfo_object>
    <rpminfo_state id="…:ste:1"><evr operation="less than">0:5.10.188.1-1.cm1</evr></rpminfo_state>
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from assay.formats import xml
from assay.model.advisory import Advisory, Affected, FixState, Level, Reference, Severity
from assay.model.sbom import Skipped
from assay.model.version import Interval

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from assay.model.feed import Document

_LEVELS = {
    "critical": Level.CRITICAL,
    "important": Level.HIGH,
    "high": Level.HIGH,
    "moderate": Level.MEDIUM,
    "medium": Level.MEDIUM,
    "low": Level.LOW,
}


class _Test(NamedTuple):
    package: str
    operation: str
    version: str


def read(document: Document, source: str, ecosystem: str) -> Iterator[Advisory | Skipped]:
    """An advisory for each definition; `ecosystem` is the distribution and release that the file is about."""
    root = xml.load(document.content)
    tests = _tests(root)
    for holder in xml.children(root, "definitions"):
        for definition in xml.children(holder, "definition"):
            found = _advisory(definition, tests, source, ecosystem)
            if found is not None:
                yield found
            elif definition.get("class") in ("patch", "vulnerability"):
                yield Skipped(f"{document.name} ({definition.get('id', '?')})", "a definition that names no package")


def _tests(root: Element) -> dict[str, _Test]:
    """What each test compares, by its id."""
    parts = {name: _by_id(root, name) for name in ("tests", "objects", "states")}
    result = {}
    for name, test in parts["tests"].items():
        thing = _referred(test, "object", parts["objects"])
        state = _referred(test, "state", parts["states"])
        evr = xml.child(state, "evr") if state is not None else None
        package = xml.text(thing, "name") if thing is not None else ""
        if evr is not None and package:
            result[name] = _Test(package, evr.get("operation", "less than"), (evr.text or "").strip())
    return result


def _by_id(root: Element, name: str) -> dict[str, Element]:
    return {item.get("id", ""): item for holder in xml.children(root, name) for item in holder}


def _referred(test: Element, name: str, known: dict[str, Element]) -> Element | None:
    link = xml.child(test, name)
    return known.get(link.get(f"{name}_ref", "")) if link is not None else None


def _advisory(definition: Element, tests: dict[str, _Test], source: str, ecosystem: str) -> Advisory | None:
    metadata = xml.child(definition, "metadata")
    if metadata is None:
        return None
    affected = tuple(dict.fromkeys(_affected(definition, tests, ecosystem)))
    if not affected:
        return None
    references = xml.children(metadata, "reference")
    cves = tuple(dict.fromkeys(item.get("ref_id", "") for item in references if item.get("source") == "CVE"))
    name = next((item.get("ref_id", "") for item in references if item.get("source") != "CVE"), "")
    advisory = xml.child(metadata, "advisory")
    level = _LEVELS.get((xml.text(advisory, "severity") or xml.text(metadata, "severity")).lower(), Level.UNKNOWN)
    issued = xml.child(advisory, "issued") if advisory is not None else None
    day = (issued.get("date", "") if issued is not None else "") or xml.text(metadata, "advisory_date")
    single = len(cves) == 1 and not name
    return Advisory(
        id=cves[0] if single else name or definition.get("id", ""),
        upstream=() if single else cves,
        published=day,
        modified=day,
        summary=xml.text(metadata, "title"),
        severities=(Severity(source, level=level),) if level is not Level.UNKNOWN else (),
        references=tuple(Reference(url) for item in references if (url := item.get("ref_url", ""))),
        affected=affected,
    )


def _affected(definition: Element, tests: dict[str, _Test], ecosystem: str) -> Iterator[Affected]:
    for criterion in definition.iter():
        test = tests.get(criterion.get("test_ref", "")) if xml.local(criterion) == "criterion" else None
        if test is None:
            continue
        version = test.version.removeprefix("0:")
        if test.operation == "less than":
            interval = Interval(high=version)
            yield Affected(ecosystem, test.package, (interval,), fixed=(version,), state=FixState.FIXED, binary=True)
        elif test.operation == "less than or equal":
            interval = Interval(high=version, high_included=True)
            yield Affected(ecosystem, test.package, (interval,), state=FixState.NOT_FIXED, binary=True)
