"""The Debian security tracker (``/tracker/data/json``), by source package, CVE and release.

::

    {"openssl": {"CVE-2023-0464": {"description": "…", "releases": {
        "bookworm": {"status": "resolved", "fixed_version": "3.0.9-1", "urgency": "not yet assigned"},
        "bullseye": {"status": "open", "urgency": "unimportant", "nodsa": "Minor", "nodsa_reason": "postponed"}}}}}

``fixed_version`` 0: never affected. OSV records made of the DSA and DLA lists are read too; these say only what was
fixed.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats import advisory_ecosystem, osv_records
from assay.formats.json import Object, as_object, as_text, load
from assay.model.advisory import Advisory, Affected, FixState, Level, Record, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped
from assay.model.version import Interval

_LEVELS = {
    "unimportant": Level.NEGLIGIBLE,
    "low": Level.LOW,
    "medium": Level.MEDIUM,
    "high": Level.HIGH,
    "low**": Level.LOW,
    "medium**": Level.MEDIUM,
    "high**": Level.HIGH,
}


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisories: one for each CVE, about all packages and releases."""
    if b'"affected"' in document.content[:65536]:
        yield from osv_records.read(document, source)
        return
    by_cve: dict[str, list[tuple[str, Object]]] = {}
    for package, problems in as_object(load(document.content)).items():
        for name, problem in as_object(problems).items():
            by_cve.setdefault(name, []).append((package, as_object(problem)))
    for name, packages in sorted(by_cve.items()):
        affected = [item for package, problem in packages for item in _affected(package, problem, source)]
        yield Advisory(name, affected=tuple(affected))


def _affected(package: str, problem: Object, source: str) -> Iterator[Affected]:
    for codename, release in as_object(problem.get("releases")).items():
        said = as_object(release)
        fixed = as_text(said.get("fixed_version"))
        level = _LEVELS.get(as_text(said.get("urgency")), Level.UNKNOWN)
        found = Affected(
            advisory_ecosystem.debian(codename),
            package,
            note=as_text(said.get("nodsa")),
            severities=(Severity(source, level=level),) if level is not Level.UNKNOWN else (),
        )
        if fixed == "0":
            yield found._replace(state=FixState.NOT_AFFECTED)
        elif as_text(said.get("status")) == "resolved" and fixed:
            yield found._replace(intervals=(Interval(high=fixed),), fixed=(fixed,), state=FixState.FIXED)
        else:
            yield found._replace(state=_state(said))


def _state(said: Object) -> FixState:
    if as_text(said.get("status")) == "undetermined":
        return FixState.UNDER_INVESTIGATION
    if as_text(said.get("urgency")) == "end-of-life":
        return FixState.END_OF_LIFE
    reason = as_text(said.get("nodsa_reason"))
    return {"ignored": FixState.WONT_FIX, "postponed": FixState.DEFERRED}.get(reason, FixState.NOT_FIXED)
