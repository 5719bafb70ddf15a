"""OVAL definitions of distributions (Azure Linux, Oracle, Red Hat, SUSE): which package version has a fix.

::

    <definition class="patch" id="oval:…:def:1"><metadata><title>…</title>
       <affected><platform>Oracle Linux 8</platform></affected>
       <reference source="CVE" ref_id="CVE-2023-3863"/><advisory><severity>Medium</severity></advisory></metadata>
      <criteria operator="AND">
       <criterion comment="Oracle Linux 8 is installed" test_ref="…"/>
       <criterion comment="Module nodejs:18 is enabled" test_ref="…"/>
       <criterion test_ref="oval:…:tst:1" comment="kernel is earlier than 0:5.10.188.1-1.cm1"/></criteria>
    </definition>
    <rpminfo_test id="oval:…:tst:1"><object object_ref="…:obj:1"/><state state_ref="…:ste:1"/></rpminfo_test>
    <rpminfo_object id="…:obj:1"><name>kernel</name></rpminfo_object>
    <rpminfo_state id="…:ste:1"><evr operation="less than">0:5.10.188.1-1.cm1</evr></rpminfo_state>

A file is read twice and never held as a tree: some have hundreds of megabytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from assay.formats import advisory_ecosystem, xml
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
_MODULE = re.compile(r"Module (\S+) is enabled")
_INSTALLED = re.compile(r"(.+) is installed")
_DEFINITION = 2
"""The depth of definitions, tests, objects and states."""


class _Test(NamedTuple):
    package: str
    operation: str
    version: str


class _Place(NamedTuple):
    """Where a criterion counts."""

    ecosystem: str
    module: str = ""


def read(document: Document, source: str, ecosystem: str = "") -> Iterator[Advisory | Skipped]:
    """An advisory for each definition.

    `ecosystem` is the distribution and release that the file is about; where it is empty, the platforms and criteria
    of a definition tell it.
    """
    tests = _tests(document.content)
    for definition in xml.each(document.content, _DEFINITION):
        if xml.local(definition) != "definition":
            continue
        found = _advisory(definition, tests, source, ecosystem)
        if found is not None:
            yield found
        elif definition.get("class") in ("patch", "vulnerability"):
            yield Skipped(f"{document.name} ({definition.get('id', '?')})", "a definition that names no package")


def _tests(content: bytes) -> dict[str, _Test]:
    """What each test compares, by its id."""
    links: dict[str, tuple[str, str]] = {}
    names: dict[str, str] = {}
    states: dict[str, tuple[str, str]] = {}
    for item in xml.each(content, _DEFINITION):
        kind, key = xml.local(item), item.get("id", "")
        if kind.endswith("_test"):
            links[key] = _reference(item, "object"), _reference(item, "state")
        elif kind.endswith("_object"):
            names[key] = xml.text(item, "name")
        elif kind.endswith("_state") and (evr := xml.child(item, "evr")) is not None:
            states[key] = evr.get("operation", "less than"), (evr.text or "").strip()
    return {
        key: _Test(names[thing], *states[state])
        for key, (thing, state) in links.items()
        if names.get(thing) and state in states
    }


def _reference(test: Element, name: str) -> str:
    link = xml.child(test, name)
    return link.get(f"{name}_ref", "") if link is not None else ""


def _advisory(definition: Element, tests: dict[str, _Test], source: str, ecosystem: str) -> Advisory | None:
    metadata = xml.child(definition, "metadata")
    if metadata is None:
        return None
    affected = tuple(dict.fromkeys(_affected(definition, tests, _Place(ecosystem or _platform(metadata)))))
    if not affected:
        return None
    references = xml.children(metadata, "reference")
    cves = tuple(dict.fromkeys(item.get("ref_id", "") for item in references if item.get("source") == "CVE"))
    name = next((item.get("ref_id", "") for item in references if item.get("source") not in ("CVE", "SUSE CVE")), "")
    advisory = xml.child(metadata, "advisory")
    level = _LEVELS.get((xml.text(advisory, "severity") or xml.text(metadata, "severity")).lower(), Level.UNKNOWN)
    issued = _day(advisory, "issued") or xml.text(metadata, "advisory_date")
    single = len(cves) == 1 and not name
    return Advisory(
        id=cves[0] if single else name or definition.get("id", ""),
        upstream=() if single else cves,
        published=issued,
        modified=_day(advisory, "updated") or issued,
        summary=xml.text(metadata, "title"),
        severities=(Severity(source, level=level),) if level is not Level.UNKNOWN else (),
        references=tuple(Reference(url) for item in references if (url := item.get("ref_url", ""))),
        affected=affected,
    )


def _day(advisory: Element | None, name: str) -> str:
    """The date of ``<issued date="…"/>`` or ``<updated date="…"/>``."""
    told = xml.child(advisory, name) if advisory is not None else None
    return told.get("date", "") if told is not None else ""


def _platform(metadata: Element) -> str:
    """The release that all platforms of a definition mean; empty where they are several or none."""
    found = {
        advisory_ecosystem.of_platform((item.text or "").strip())
        for affected in xml.children(metadata, "affected")
        for item in xml.children(affected, "platform")
    }
    return next(iter(found)) if len(found) == 1 else ""


def _affected(holder: Element, tests: dict[str, _Test], place: _Place) -> Iterator[Affected]:
    """What the criteria below an element say; what stands beside a test says where the test counts."""
    for criteria in xml.children(holder, "criteria"):
        here = _here(criteria, place) if criteria.get("operator", "AND") == "AND" else [place]
        for one in here:
            for criterion in xml.children(criteria, "criterion"):
                test = tests.get(criterion.get("test_ref", ""))
                if test is not None and one.ecosystem:
                    yield from _claim(test, one)
            yield from _affected(criteria, tests, one)


def _here(criteria: Element, place: _Place) -> list[_Place]:
    """Where the tests of an AND count: on all releases that it names, itself or by an OR within."""
    comments = [item.get("comment", "") for item in xml.children(criteria, "criterion")]
    for inner in xml.children(criteria, "criteria"):
        if inner.get("operator") == "OR" and not xml.children(inner, "criteria"):
            comments += [item.get("comment", "") for item in xml.children(inner, "criterion")]
    module = next((match[1] for text in comments if (match := _MODULE.match(text))), place.module)
    systems = (advisory_ecosystem.of_platform(match[1]) for text in comments if (match := _INSTALLED.match(text)))
    found = [name for name in dict.fromkeys(systems) if name]
    return [_Place(name, module) for name in found or [place.ecosystem]]


def _claim(test: _Test, place: _Place) -> Iterator[Affected]:
    version = test.version.removeprefix("0:")
    base = Affected(place.ecosystem, test.package, binary=True, module=place.module)
    if test.operation == "less than" and version:
        yield base._replace(intervals=(Interval(high=version),), fixed=(version,), state=FixState.FIXED)
    elif test.operation == "less than or equal" and version:
        interval = Interval(high=version, high_included=True)
        yield base._replace(intervals=(interval,), state=FixState.NOT_FIXED)
