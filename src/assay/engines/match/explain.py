"""Why a vulnerability is reported for a component, or why not: every record that speaks of it, and each comparison.

::

    CVE-2021-44228 in pkg:maven/org.apache.logging.log4j/log4j-core@2.17.1: not affected
      record      ghsa:GHSA-jfh8-c2jp-5v3q (data of 2025-12-04), also CVE-2021-44228
      range       >= 2.13.0, < 2.15.0
      compared    2.17.1 > 2.15.0 by the maven order (keys 02011101… and 02010f…): outside
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.ecosystems import order
from assay.engines.match import order_rules
from assay.engines.match.questions import Asked, Undecidable, ask
from assay.engines.match.relevant import about_all, concerns, relevant, stream
from assay.model.advisory import TAGS, Advisory, FixState, Kind
from assay.model.advisory_store import Claim, Shard
from assay.model.component import Component
from assay.model.explanation import Explanation, Step, Verdict
from assay.model.finding import Finding, Scan
from assay.ports import Advisories

_SHOWN, _BEFORE = 8, 2
"""So many bytes of a key are shown, and so many of them before the first that differs."""


def explain(name: str, found: Scan, store: Advisories, package: str = "") -> list[Explanation]:
    """The reasoning about every component that a record under the id `name` names (or is called `package`)."""
    asked, undecidable = ask(found.sbom, declared=True)
    chosen = [item for item in asked if _named(found.sbom.components[item.component], package)]
    claims = store.claims([item.question._replace(everything=True) for item in chosen])
    records = store.advisories({(claim.feed, claim.advisory) for claim in claims})
    shards = {shard.feed: shard for shard in store.shards}
    about: dict[int, list[tuple[Claim, Advisory]]] = {}
    for claim in claims:
        record = records.get((claim.feed, claim.advisory))
        if record is None or name not in (record.id, *record.aliases, *record.upstream):
            continue
        asked_one = chosen[claim.question]
        if not asked_one.unversioned or (record.kind is Kind.MALICIOUS and about_all(claim)):
            about.setdefault(asked_one.component, []).append((claim, record))
    result = [
        _of(name, found.sbom.components[number], said, chosen, found, shards) for number, said in sorted(about.items())
    ]
    if package and not result:
        result += _silent(name, [item for item in chosen if not item.unversioned], found)
        result += [
            Explanation(name, found.sbom.components[item.component].id, Verdict.UNDECIDED, (Step("why", _why(item)),))
            for item in undecidable
            if _named(found.sbom.components[item.component], package)
        ]
    return result


def _why(item: Undecidable) -> str:
    return f"{item.reason} ({item.detail[:80]})" if item.detail else item.reason


def _named(component: Component, package: str) -> bool:
    if not package:
        return True
    whole = f"{component.namespace}/{component.name}" if component.namespace else component.name
    return package in (component.name, whole, component.id, f"{component.name}@{component.version}")


def _of(
    name: str,
    component: Component,
    said: Sequence[tuple[Claim, Advisory]],
    asked: Sequence[Asked],
    found: Scan,
    shards: dict[str, Shard],
) -> Explanation:
    counted = relevant((claim for claim, _ in said), asked, [component] * (max(item.component for item in asked) + 1))
    steps: list[Step] = []
    for claim, record in said:
        steps += _claim(claim, record, asked[claim.question], component, shards)
        if claim.inside and claim not in counted and not any(step.about == "but" for step in steps[-3:]):
            steps.append(Step("but", "the fix of another channel or stream is the one that counts here"))
    shown = _finding(name, component, found.findings)
    hidden = _finding(name, component, found.suppressed)
    if shown is not None:
        verdict = Verdict.REPORTED
        steps += _reported(shown)
    elif hidden is not None:
        verdict = Verdict.SUPPRESSED
        steps += _suppressed(hidden)
    else:
        verdict = Verdict.NOT_AFFECTED
    return Explanation(name, component.id, verdict, tuple(steps))


def _finding(name: str, component: Component, among: Iterable[Finding]) -> Finding | None:
    return next((f for f in among if f.component.id == component.id and name in f.vulnerability.ids), None)


def _claim(
    claim: Claim, record: Advisory, asked: Asked, component: Component, shards: dict[str, Shard]
) -> Iterable[Step]:
    question = asked.question
    others = [item for item in (*record.aliases, *record.upstream) if item != record.id]
    also = f", also {', '.join(others[:8])}" if others else ""
    yield Step("record", f"{claim.feed}:{record.id} (data of {shards[claim.feed].day or 'an unknown day'}){also}")
    if not asked.binary:
        yield Step("package", f"{question.name} {question.version}, the source package of {component.name}")
    else:
        yield Step("package", f"{question.name} {question.version} in {question.ecosystem}")
    yield Step("range", f"version {claim.interval.low} is listed" if claim.listed else str(claim.interval))
    yield from _compared(claim, asked)
    yield from _excluded(claim, record, asked, component)
    if claim.fixed:
        yield Step("fixed in", ", ".join(claim.fixed))
    elif claim.state not in (FixState.UNKNOWN, FixState.FIXED):
        yield Step("state", f"{claim.state}{f': {claim.note}' if claim.note else ''}")


def _compared(claim: Claim, asked: Asked) -> Iterable[Step]:
    versions = order(asked.question.ecosystem)
    for bound, side in ((claim.interval.low, "low"), (claim.interval.high, "high")):
        if not bound or (side == "low" and bound == "0") or (claim.listed and side == "high"):
            continue
        mine, theirs = asked.question.key, versions.key(bound)
        sign = "<" if mine < theirs else ">" if mine > theirs else "="
        keys = "keys {} and {}".format(*_keys(mine, theirs))
        yield Step("compared", f"{asked.question.version} {sign} {bound} by the {versions.scheme} order ({keys})")
        ends = claim.listed or (claim.interval.high_included if side == "high" else not claim.interval.low_included)
        if ends and theirs < mine <= versions.last(bound):
            yield Step("by rule", f"every build of {bound} counts as {bound} where a range ends with it")
        elif reason := order_rules.rule(versions.scheme, asked.question.version, bound):
            yield Step("by rule", reason)
    yield Step("so", "inside the range" if claim.inside else "outside the range")


def _keys(one: bytes, other: bytes) -> tuple[str, str]:
    """Two keys as people see where they part: some bytes from a little before the first difference."""
    least = min(len(one), len(other))
    same = next((place for place in range(least) if one[place] != other[place]), least if one != other else 0)
    start = same - _BEFORE if same >= _SHOWN else 0
    ahead = "…" if start else ""
    shown = (f"{ahead}{key[start : start + _SHOWN].hex()}" for key in (one, other))
    first, second = (f"{text}…" for text in shown)
    return first, second


def _excluded(claim: Claim, record: Advisory, asked: Asked, component: Component) -> Iterable[Step]:
    """Why a claim whose range holds the version makes no finding all the same."""
    if claim.withdrawn:
        yield Step("but", f"the record was withdrawn ({record.withdrawn})")
    if claim.informational:
        yield Step("but", "the record is no vulnerability (informational)")
    if claim.state is FixState.NOT_AFFECTED:
        yield Step("but", f"the source says not affected{f': {claim.note}' if claim.note else ''}")
    if not concerns(claim, asked, [component] * (asked.component + 1)):
        what = "binary packages" if claim.binary else "source packages"
        parts = (
            _streams(claim.module, stream(component)),
            f"platform {claim.platform}" if claim.platform else "",
            claim.note if claim.channel == TAGS else "",
        )
        yield Step("but", f"it does not concern this package: it is about {', '.join(filter(None, parts)) or what}")


def _streams(wanted: str, installed: str) -> str:
    """``module nodejs:18, and nodejs:16 is installed``."""
    if not wanted or not installed:
        return f"module {wanted}" if wanted else ""
    return f"module {wanted}, and {':'.join(installed.split(':')[:2])} is installed"


def _reported(item: Finding) -> Iterable[Step]:
    found = item.vulnerability
    score = f" {found.score}" if found.score >= 0 else ""
    judge = f"by {found.severity_source}" if found.severity_source else "(no source judges it)"
    yield Step("severity", f"{found.level}{score} {judge}")
    yield Step("risk", str(item.risk))
    if item.path:
        yield Step("comes by", " > ".join(item.path))
    if item.analysis is not None:
        yield Step("vex", f"{item.analysis.status} ({item.analysis.origin})")


def _suppressed(item: Finding) -> Iterable[Step]:
    said = item.suppression
    if said is not None:
        until = f", until {said.expires}" if said.expires else ""
        words = " ".join(filter(None, (said.status, said.justification, said.reason)))
        yield Step(str(said.cause), f"{words} ({said.origin}{until})")


def _silent(name: str, chosen: Sequence[Asked], found: Scan) -> list[Explanation]:
    """No record about the package bears the id: what that means depends on the coverage."""
    states = {item.ecosystem: item for item in found.coverage}
    result = []
    for item in chosen:
        known = states.get(item.question.ecosystem)
        component = found.sbom.components[item.component]
        steps = [Step("record", f"none under {name} names {item.question.name} in {item.question.ecosystem}")]
        if known is not None and known.message:
            steps.append(Step("coverage", known.message))
        decided = known is not None and not known.message
        result.append(
            Explanation(name, component.id, Verdict.NOT_AFFECTED if decided else Verdict.UNDECIDED, tuple(steps))
        )
    return result
