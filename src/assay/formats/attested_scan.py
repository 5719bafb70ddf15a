"""Scans of images that somebody attested: cosign's and in-toto's predicates, with the report of any scanner inside.

::

    {"scanner": {"uri": "pkg:github/aquasecurity/trivy@0.60.0", "version": "0.60.0", "db": {"lastUpdate": "…"},
                 "result": {…}}, "metadata": {"scanStartedOn": "…", "scanFinishedOn": "2026-06-01T12:00:00Z"}}

Predicates are cosign's ``vuln/v1`` and in-toto's ``vulns/v0.1`` and ``v0.2``; results are assay's JSON, Trivy's,
Grype's and in-toto's own list. Trivy's and Grype's reports are also read where they stand alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from assay.errors import Malformed
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.advisory import Level

MAX_FINDINGS = 200_000


class Reported(NamedTuple):
    """A finding of a report; `exploited` is None where the report cannot tell, `dropped` says why it does not count."""

    ids: tuple[str, ...]
    name: str = ""
    version: str = ""
    purl: str = ""
    level: Level = Level.UNKNOWN
    exploited: bool | None = None
    fixed: tuple[str, ...] = ()
    malicious: bool = False
    dropped: str = ""


class AttestedScan(NamedTuple):
    """A scan; `ended` is None where it does not say when."""

    findings: tuple[Reported, ...]
    scanner: str = ""
    ended: datetime | None = None
    data_day: str = ""
    gaps: tuple[str, ...] = ()


def read(predicate: Object) -> AttestedScan:
    """The scan in a predicate; raises `Malformed` for what is none, or the report of a scanner that is not known."""
    scanner = as_object(predicate.get("scanner"))
    if not scanner:
        findings, who, ended, day = _report(predicate)
        return AttestedScan(_few(findings), who, ended, day)
    result = scanner.get("result")
    gaps: tuple[str, ...] = ()
    if isinstance(result, list):
        findings, who = _in_toto(result), ""
    else:
        findings, who, _, _ = _report(as_object(result))
        gaps = tuple(_gaps(as_object(result)))
    ended = moment(as_object(predicate.get("metadata")).get("scanFinishedOn"))
    day = as_text(as_object(scanner.get("db")).get("lastUpdate"))[:10]
    return AttestedScan(_few(findings), as_text(scanner.get("uri")) or who, ended, day, gaps)


def _few(findings: Iterable[Reported]) -> tuple[Reported, ...]:
    found = tuple(findings)
    if len(found) > MAX_FINDINGS:
        raise Malformed(f"the scan has {len(found)} findings (at most {MAX_FINDINGS})")
    return found


def _report(result: Object) -> tuple[Iterator[Reported], str, datetime | None, str]:
    """Findings, scanner, time and day of the data of a report."""
    if as_text(result.get("schema")).startswith("https://assay.dev/schemas/scan"):
        return _assay(result), "assay", moment(result.get("timestamp")), ""
    if "matches" in result:
        about = as_object(result.get("descriptor"))
        built = as_object(about.get("db")).get("built") or as_object(as_object(about.get("db")).get("status")).get(
            "built"
        )
        return _grype(result), "grype", moment(about.get("timestamp")), as_text(built)[:10]
    if "Results" in result or "SchemaVersion" in result:
        return _trivy(result), "trivy", moment(result.get("CreatedAt")), ""
    raise Malformed(
        "the attested scan is the report of no scanner that is known", "assay, Trivy, Grype, in-toto's list"
    )


def moment(value: Json) -> datetime | None:
    """A time of RFC 3339, with any number of digits behind the second; None for what is none."""
    text = as_text(value)
    head, dot, tail = text.partition(".")
    if dot:
        digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        text = f"{head}.{digits[:6]}{tail[len(digits) :]}"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def level(text: str) -> Level:
    """A severity in a word of any scanner, or a CVSS score."""
    word = text.strip().lower()
    if word in list(Level):
        return Level(word)
    try:
        return Level.of_score(float(word))
    except ValueError:
        return {"moderate": Level.MEDIUM, "important": Level.HIGH}.get(word, Level.UNKNOWN)


def _assay(result: Object) -> Iterator[Reported]:
    for key in ("findings", "suppressed"):
        for item in map(as_object, as_list(result.get(key))):
            part, said = as_object(item.get("component")), as_object(item.get("suppression"))
            yield Reported(
                (as_text(item.get("id")), *map(as_text, as_list(item.get("aliases")))),
                as_text(part.get("name")),
                as_text(part.get("version")),
                as_text(part.get("purl")),
                level(as_text(as_object(item.get("severity")).get("level"))),
                item.get("exploited") is not None,
                tuple(map(as_text, as_list(as_object(item.get("fix")).get("versions")))),
                item.get("kind") == "malicious",
                f"{as_text(said.get('cause'))}: {as_text(said.get('status') or said.get('reason'))}" if said else "",
            )


def _gaps(result: Object) -> Iterator[str]:
    """What assay's report says could not be judged."""
    for item in map(as_object, as_list(result.get("coverage"))):
        if message := as_text(item.get("message")):
            yield message


def _grype(result: Object) -> Iterator[Reported]:
    for item in map(as_object, as_list(result.get("matches"))):
        found, part = as_object(item.get("vulnerability")), as_object(item.get("artifact"))
        related = [as_object(one) for one in as_list(item.get("relatedVulnerabilities"))]
        known = [as_list(one.get("knownExploited")) for one in (found, *related)]
        tells = any("knownExploited" in one or "epss" in one for one in (found, *related))
        yield Reported(
            (as_text(found.get("id")), *(as_text(one.get("id")) for one in related)),
            as_text(part.get("name")),
            as_text(part.get("version")),
            as_text(part.get("purl")),
            level(as_text(found.get("severity"))),
            any(known) if tells or any(known) else None,
            tuple(map(as_text, as_list(as_object(found.get("fix")).get("versions")))),
        )


def _trivy(result: Object) -> Iterator[Reported]:
    for target in map(as_object, as_list(result.get("Results"))):
        for item in map(as_object, as_list(target.get("Vulnerabilities"))):
            fixed = as_text(item.get("FixedVersion"))
            yield Reported(
                (as_text(item.get("VulnerabilityID")), *map(as_text, as_list(item.get("VendorIDs")))),
                as_text(item.get("PkgName")),
                as_text(item.get("InstalledVersion")),
                as_text(as_object(item.get("PkgIdentifier")).get("PURL")),
                level(as_text(item.get("Severity"))),
                None,
                tuple(part.strip() for part in fixed.split(",") if part.strip()),
            )


def _in_toto(result: list[Json]) -> Iterator[Reported]:
    """``[{"id": "CVE-…", "severity": [{"method": "nvd", "score": "9.8"}]}]``: no component is named."""
    for item in map(as_object, result):
        levels = [level(as_text(as_object(one).get("score"))) for one in as_list(item.get("severity"))]
        yield Reported((as_text(item.get("id")),), level=max(levels, key=_rank, default=Level.UNKNOWN))


def _rank(found: Level) -> int:
    return -1 if found is Level.UNKNOWN else list(Level).index(found)
