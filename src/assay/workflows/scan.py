"""From an SBOM to an answer: match, then VEX, then ignore rules, then what the user wants to see of it.

Filters (`Wanted`) only narrow what is shown as `findings`; VEX and rules move findings to `suppressed`, each with its
reason. A malicious package passes every filter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from assay.engines import ignore, vex
from assay.engines.match import Options, match, order
from assay.engines.match.severity import ORDER
from assay.model.advisory import FixState, Kind, Level
from assay.model.component import Presence
from assay.model.finding import Coverage, CoverageState, Finding, Scan
from assay.model.ignore_rule import IgnoreRule
from assay.model.sbom import Sbom
from assay.model.vex import VexDocument
from assay.ports import Advisories


class Words(NamedTuple):
    """What others say about the findings."""

    vex: Sequence[VexDocument] = ()
    rules: Sequence[IgnoreRule] = ()
    problems: Sequence[str] = ()
    rule_files: Sequence[str] = ()


class Wanted(NamedTuple):
    """What of the findings is to be shown, and in which order; `known` are keys of findings of an elder report."""

    severities: frozenset[Level] = frozenset()
    only_fixed: bool = False
    sort: str = "risk"
    known: frozenset[tuple[str, str]] | None = None


def scan(sbom: Sbom, store: Advisories, options: Options, words: Words) -> Scan:
    """All findings of an SBOM with what VEX and rules say about them."""
    found = match(sbom, store, options)
    shown, by_vex = vex.apply(found.findings, words.vex, sbom.subject)
    shown, by_rule, warnings = ignore.apply(shown, words.rules, options.today)
    suppressed = sorted((*found.suppressed, *by_vex, *by_rule), key=order)
    return replace(
        found,
        findings=tuple(shown),
        suppressed=tuple(suppressed),
        warnings=(*found.warnings, *words.problems, *warnings, *_end_of_life(found)),
        rule_files=tuple(words.rule_files),
    )


def _end_of_life(found: Scan) -> list[str]:
    return [
        f"{item.ecosystem} is no longer maintained (since {item.end_of_life}): new problems may have no advisory"
        for item in found.coverage
        if item.end_of_life
    ]


def honest(found: Scan) -> Scan:
    """The scan; where nothing could be asked about, its coverage says so: it must not look clean."""
    if found.coverage:
        return found
    asked_for = any(item.presence is Presence.DECLARED for item in found.sbom.components)
    what = "only what manifests ask for was found" if asked_for else "no package was found"
    nothing = Coverage("packages", 0, CoverageState.UNDECIDABLE, (), f"{what}: nothing was judged")
    return replace(found, coverage=(nothing,))


def narrowed(found: Scan, wanted: Wanted) -> Scan:
    """The scan with only the findings that are wanted, in the order that is wanted."""
    kept = list(found.findings)
    if wanted.severities or wanted.only_fixed or wanted.known is not None:
        kept = [item for item in kept if item.vulnerability.kind is Kind.MALICIOUS or _kept(item, wanted)]
    if wanted.sort != "risk":  # the order that they have
        kept.sort(key=SORTS[wanted.sort])
    return replace(found, findings=tuple(kept))


def _kept(item: Finding, wanted: Wanted) -> bool:
    if wanted.severities and item.vulnerability.level not in wanted.severities:
        return False
    if wanted.only_fixed and not item.fixed:
        return False
    return wanted.known is None or not _known(item, wanted.known)


def _known(item: Finding, known: frozenset[tuple[str, str]]) -> bool:
    return any((name, item.component.id) in known for name in item.vulnerability.ids)


def _epss(item: Finding) -> float:
    likelihood = item.vulnerability.likelihood
    return likelihood.probability if likelihood is not None else -1.0


SORTS: dict[str, Callable[[Finding], tuple[object, ...]]] = {
    "risk": order,
    "severity": lambda item: (-ORDER[item.vulnerability.level], *order(item)),
    "id": lambda item: (item.vulnerability.id, *order(item)),
    "package": lambda item: (item.component.name, item.component.id, *order(item)),
    "epss": lambda item: (-_epss(item), *order(item)),
    "fixed": lambda item: (not item.fixed, *order(item)),
}
"""The orders that ``--sort`` knows."""


def gate(found: Scan, condition: str) -> list[Finding]:
    """The findings that meet a ``--fail-on`` condition; malicious packages meet every one.

    Raises `ValueError` for a condition that is none.
    """
    test = _condition(condition)
    return [item for item in found.findings if item.vulnerability.kind is Kind.MALICIOUS or test(item)]


def _condition(text: str) -> Callable[[Finding], bool]:
    word, _, number = text.lower().partition(":")
    if word == "risk" and number:
        least = float(number)
        return lambda item: item.risk >= least
    if word in _CONDITIONS and not number:
        return _CONDITIONS[word]
    least_level = ORDER[Level(word)]
    return lambda item: ORDER[item.vulnerability.level] >= least_level


_CONDITIONS: dict[str, Callable[[Finding], bool]] = {
    "kev": lambda item: item.vulnerability.exploited is not None,
    "fixable": lambda item: item.state is FixState.FIXED,
    "malicious": lambda item: False,
    "any": lambda item: True,
}
