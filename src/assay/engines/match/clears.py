"""The lowest version of a component that clears all its findings, as far as the data knows.

The first candidate is the highest of the lowest fixes; it is asked about in turn, since a fix of one problem may lie in
the range of another, and so on for a few rounds. Where one finding has no fix, no version clears all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from assay.ecosystems import order
from assay.engines.match import go_tags
from assay.engines.match.relevant import quiet
from assay.formats import git_version
from assay.model.advisory import TAGS
from assay.model.advisory_store import Claim, Question
from assay.model.finding import Finding, Match
from assay.ports import Advisories

ROUNDS = 4


def complete(found: Sequence[Finding], store: Advisories) -> list[Finding]:
    """The findings with `clears` filled in."""
    by_component: dict[int, list[Finding]] = defaultdict(list)
    for item in found:
        by_component[id(item.component)].append(item)
    candidates = {place: version for place, items in by_component.items() if (version := _candidate(items))}
    cleared = _confirmed(candidates, by_component, store)
    if not cleared:
        return list(found)
    return [
        item._replace(clears=version) if (version := cleared.get(id(item.component), "")) else item for item in found
    ]


def above(fixed: Sequence[str], match: Match) -> tuple[str, ...]:
    """The fixes above the version that is there, lowest first, each in one spelling; all of them where none is."""
    if len(fixed) < 2:
        return tuple(fixed)
    versions = order(match.ecosystem)
    key, installed = versions.key, versions.installed(match.version)
    by_key = {key(version): version for version in reversed(fixed)}
    return tuple([by_key[place] for place in sorted(by_key) if place > installed]) or tuple(fixed)


def _candidate(items: Sequence[Finding]) -> str:
    """The highest of the lowest fixes; empty where a finding has none."""
    lowest: dict[str, None] = {}
    for item in items:
        if not item.fixed:
            return ""
        lowest[item.fixed[0]] = None
    if len(lowest) == 1:
        return items[0].fixed[0]
    if items[0].matches[0].ecosystem == git_version.ECOSYSTEM:
        return ""  # which of several commits is the latest only the repository knows
    return max(lowest, key=order(items[0].matches[0].ecosystem).key)


def _confirmed(candidates: dict[int, str], by_component: dict[int, list[Finding]], store: Advisories) -> dict[int, str]:
    """Raise the candidates until no claim holds them; drop those for which none is known to be good."""
    cleared: dict[int, str] = {}
    for _ in range(ROUNDS):
        places = list(candidates)
        questions = [_question(by_component[place][0], candidates[place]) for place in places]
        higher: dict[int, str] = {}
        bad = set()
        for claim in store.claims(questions):
            place = places[claim.question]
            if not claim.inside or quiet(claim) or _elsewhere(claim, questions[claim.question]):
                continue
            if claim.module and claim.module not in _streams(by_component[place]):
                continue
            key = order(questions[claim.question].ecosystem).key
            bad.add(place)
            if claim.fixed:
                higher[place] = max((higher.get(place, ""), *claim.fixed[:1]), key=key)
        cleared |= {place: candidates[place] for place in places if place not in bad}
        candidates = {place: version for place, version in higher.items() if version != candidates[place]}
        if not candidates:
            break
    return cleared


def _elsewhere(claim: Claim, asked: Question) -> bool:
    """Whether a claim is about another channel than that of the fixes; tags are asked about as such."""
    return bool(claim.channel) and not (claim.channel == TAGS and go_tags.is_tag(asked.name, asked.version))


def _streams(items: Sequence[Finding]) -> frozenset[str]:
    """The module streams of the findings: of others a later version may be said to have a problem."""
    return frozenset([match.module for item in items for match in item.matches])


def _question(item: Finding, version: str) -> Question:
    match = item.matches[0]
    return Question(match.ecosystem, match.package, version, order(match.ecosystem).key(version))
