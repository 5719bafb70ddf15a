"""Retire.js: JavaScript libraries with their vulnerable ranges, by the repository's own names.

::

    {"jquery": {"npmname": "jquery", "vulnerabilities": [
       {"atOrAbove": "1.2.0", "below": "3.5.0", "severity": "medium", "identifiers": {"CVE": ["CVE-2020-11022"]},
        "info": ["https://…"]}]}}

Names of ``jsrepository.json`` that npm does not have (``has_npmname: false``) are no npm packages: they are left to
their own ecosystem. ``npmrepository.json`` lists modules by the names that npm has them under. What is never mended
ends ``below`` a version that nobody will release (``99.999.99999``): it is no fix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.formats import json_records, osv
from assay.formats.json import Object, as_list, as_object, as_text, load
from assay.model.advisory import Advisory, Affected, FixState, Level, Record, Reference, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped
from assay.model.version import Interval

OWN = "RetireJS"
_NEVER = re.compile(r"9{2,}(?:\.9{2,})+|\D*", re.ASCII)
_LEVELS = {"critical": Level.CRITICAL, "high": Level.HIGH, "medium": Level.MEDIUM, "low": Level.LOW}


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisories of a repository file, or of OSV records made from one."""
    if b'"affected"' in document.content[:65536]:
        yield from json_records.records(document, lambda item: _named(item, source))
        return
    for name, library in as_object(load(document.content)).items():
        known = as_object(library)
        for number, item in enumerate(as_list(known.get("vulnerabilities"))):
            yield _read(name, as_text(known.get("npmname")), number, as_object(item), source)


def _named(item: Object, source: str) -> Advisory:
    """A converted record; names that are not npm's get an ecosystem of their own."""
    found = osv.read(item, source)
    found = found._replace(affected=tuple(map(_endless, found.affected)))
    origin = as_text(as_object(item.get("database_specific")).get("converted_from"))
    parts = [as_object(part) for part in as_list(item.get("affected"))]
    own = [as_object(part.get("database_specific")).get("has_npmname") is False for part in parts]
    if origin.endswith("/npmrepository.json") or len(own) != len(found.affected):
        return found
    pairs = zip(found.affected, own, strict=True)
    return found._replace(affected=tuple(one._replace(ecosystem=OWN) if mine else one for one, mine in pairs))


def _endless(item: Affected) -> Affected:
    """The same without ends that are none."""
    if not any(_NEVER.fullmatch(interval.high) for interval in item.intervals if interval.high):
        return item
    fixed = tuple(version for version in item.fixed if not _NEVER.fullmatch(version))
    return item._replace(
        intervals=tuple(
            Interval(interval.low, interval.low_included) if _NEVER.fullmatch(interval.high) else interval
            for interval in item.intervals
        ),
        fixed=fixed,
        state=FixState.FIXED if fixed else FixState.NOT_FIXED,
    )


def _read(name: str, npm: str, number: int, item: Object, source: str) -> Advisory:
    ids = as_object(item.get("identifiers"))
    cves = tuple(text for value in as_list(ids.get("CVE")) if (text := as_text(value)))
    ghsa = as_text(ids.get("githubID"))
    below = as_text(item.get("below"))
    below = "" if _NEVER.fullmatch(below) else below
    interval = Interval(as_text(item.get("atOrAbove")), True, below, False)
    return Advisory(
        id=f"RETIREJS:{name}:{number}",
        aliases=(*cves, ghsa) if ghsa else cves,
        summary=as_text(ids.get("summary")),
        severities=(Severity(source, level=_LEVELS.get(as_text(item.get("severity")), Level.UNKNOWN)),),
        references=tuple(Reference(as_text(url)) for url in as_list(item.get("info")) if as_text(url)),
        affected=(
            Affected(
                "npm" if npm else OWN,
                npm or name,
                (interval,),
                fixed=(below,) if below else (),
                state=FixState.FIXED if below else FixState.NOT_FIXED,
            ),
        ),
    )
