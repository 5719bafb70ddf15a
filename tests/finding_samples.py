"""A scan with everything in it, hostile texts included."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from assay.model.advisory import Exploited, FixState, Kind, Level, Likelihood, Reference, Severity
from assay.model.component import Component, ComponentType, Occurrence
from assay.model.finding import (
    Analysis,
    Cause,
    Coverage,
    CoverageState,
    Finding,
    Match,
    Scan,
    SourceDay,
    Suppression,
    Vulnerability,
)
from assay.model.purl import Purl
from assay.model.sbom import Sbom, Skipped

HOSTILE = "<script>alert(1)</script> =cmd|'/C calc'!A0 \x1b[31m ::error:: | `x` \u202e ]]> &"
V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def component(
    name: str, version: str = "1.0", ecosystem: str = "pypi", path: str = "app/requirements.txt"
) -> Component:
    return Component(
        name,
        version,
        ecosystem=ecosystem,
        purl=Purl(ecosystem, "x" if "<" in name else name, version),
        occurrences=(Occurrence(path, line=3),),
    )


def vulnerability(name: str, level: Level, score: float = -1.0, **more: Any) -> Vulnerability:
    vector = V3 if score >= 0 else ""
    base = Vulnerability(
        name,
        (name, f"CVE-2026-{len(name):04}"),
        summary=f"Problem {name}",
        level=level,
        score=score,
        vector=vector,
        severity_source="nvd" if score >= 0 else "",
        severities=(Severity("nvd", vector, score), Severity("ghsa", level=level)),
        weaknesses=("CWE-79",),
        references=(Reference("https://host.example/a?b=1&c=2"), Reference("javascript:alert(1)")),
        published="2026-01-02T03:04:05Z",
        modified="2026-01-03",
        advisories=(f"ghsa:{name}",),
    )
    return base._replace(**more)


def finding(found: Vulnerability, item: Component, **more: Any) -> Finding:
    match = Match("ghsa", found.id, "PyPI", item.name, item.version, ">= 0, < 2.0", scheme="pypi", day="2026-11-22")
    base = Finding(found, item, (match,), FixState.FIXED, ("2.0",), "2026-01-02", 12.5, ("pkg:pypi/app@1", item.id))
    return base._replace(**more)


def scan() -> Scan:
    """Findings of every kind, suppressed ones for every cause, and gaps of every state."""
    evil = component(HOSTILE, HOSTILE, path=HOSTILE)
    exploited = Exploited("2026-02-03", "2026-03-03", True)
    findings = (
        finding(vulnerability("MAL-2026-1", Level.UNKNOWN, kind=Kind.MALICIOUS), component("evil"), risk=100.0),
        finding(
            vulnerability(
                "GHSA-aaaa", Level.CRITICAL, 9.8, exploited=exploited, likelihood=Likelihood(0.97, 0.99, "2026-11-22")
            ),
            component("lib"),
            clears="2.1",
            analysis=Analysis("affected", detail="update soon", origin="vex.json"),
        ),
        finding(vulnerability("X-1", Level.HIGH, summary=HOSTILE), evil, fixed=(HOSTILE,)),
        finding(vulnerability("X-2", Level.LOW), component("old"), state=FixState.WONT_FIX, fixed=(), path=()),
        finding(vulnerability("X-3", Level.NEGLIGIBLE), replace(component("bare"), occurrences=(), purl=None)),
    )
    suppressed = (
        finding(
            vulnerability("S-1", Level.HIGH, 7.5),
            component("vexed"),
            suppression=Suppression(
                Cause.VEX, "not used", "vex.json", status="not_affected", justification="vulnerable_code_not_present"
            ),
        ),
        finding(
            vulnerability("S-2", Level.LOW),
            component("ruled"),
            suppression=Suppression(Cause.IGNORE_RULE, "accepted", "assay.toml: scan.ignore 1", "2027-01-01"),
        ),
        finding(
            vulnerability("S-3", Level.MEDIUM),
            component("owned"),
            suppression=Suppression(Cause.OWNER, "fixed by the distribution", "debian:DSA-1"),
        ),
    )
    day = SourceDay("ghsa", "2026-11-22", "2026-11-22", "sha256:" + "0" * 64, 10)
    coverage = (
        Coverage("Alpine:3.20", 17, CoverageState.NO_DATA, (), "no advisory data for alpine 3.20"),
        Coverage("Debian:10", 3, CoverageState.OUTDATED, (day,), "unknown since 2023-04-02", "2022-09-10"),
        Coverage("PyPI", 8, CoverageState.COVERED, (day,)),
    )
    parts = tuple(sorted((item.component for item in (*findings, *suppressed)), key=lambda item: item.id))
    subject = Component("app", "1.0", ComponentType.APPLICATION, purl=Purl("generic", "app", "1.0"))
    sbom = Sbom(subject, parts, {subject.id: tuple(item.id for item in parts)}, skipped=(Skipped("a.zip", "broken"),))
    return Scan(
        sbom,
        findings,
        suppressed,
        coverage,
        (day,),
        "sha256:" + "1" * 64,
        "2026-11-23T00:00:00Z",
        ("a rule expired", HOSTILE),
        ("app/assay.toml",),
    )


def empty() -> Scan:
    """Nothing found, and nothing that could be judged."""
    subject = Component("app", type=ComponentType.APPLICATION)
    gap = Coverage("Alpine:3.20", 17, CoverageState.NO_DATA, (), "no advisory data for alpine 3.20")
    return Scan(Sbom(subject), coverage=(gap,), timestamp="2026-11-23T00:00:00Z")
