"""The lowest version of a component that clears all its findings, as far as the data knows.

The first candidate is the highest of the lowest fixes; it is asked about in turn, since a fix of one problem may lie in
the range of another, and so on for a few rounds. Where one finding has no fix, no version clears all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from assay.ecosystems import order
from assay.engines.match.relevant import quiet
from assay.model.advisory_store import Question
from assay.model.finding import Finding, Match
from assay.ports import Advisories

ROUNDS = 4


def complete(found: Sequence[Finding], store: Advisories) -> list[Finding]:
    """The findings with `clears` filled in."""
    by_component: dict[str, list[Finding]] = defaultdict(list)
    for item in found:
        by_component[item.component.id].append(item)
    candidates = {name: version for name, items in by_component.items() if (version := _candidate(items))}
    cleared = _confirmed(candidates, by_component, store)
    if not cleared:
        return list(found)
    return [
        item._replace(clears=version) if (version := cleared.get(item.component.id, "")) else item for item in found
    ]


def above(fixed: Sequence[str], match: Match) -> tuple[str, ...]:
    """The fixes above the version that is there, lowest first; all of them where none is."""
    if len(fixed) < 2:
        return tuple(fixed)
    key = order(match.ecosystem).key
    installed = key(match.version)
    return tuple(sorted((version for version in fixed if key(version) > installed), key=key)) or tuple(fixed)


def _candidate(items: Sequence[Finding]) -> str:
    if not all(item.fixed for item in items):
        return ""
    key = order(items[0].matches[0].ecosystem).key
    return max((item.fixed[0] for item in items), key=key)


def _confirmed(candidates: dict[str, str], by_component: dict[str, list[Finding]], store: Advisories) -> dict[str, str]:
    """Raise the candidates until no claim holds them; drop those for which none is known to be good."""
    cleared: dict[str, str] = {}
    for _ in range(ROUNDS):
        names = sorted(candidates)
        questions = [_question(by_component[name][0], candidates[name]) for name in names]
        streams = {name: _streams(by_component[name]) for name in names}
        higher: dict[str, str] = {}
        bad = set()
        for claim in store.claims(questions):
            name = names[claim.question]
            if not claim.inside or quiet(claim) or claim.channel or claim.module not in streams[name]:
                continue
            key = order(questions[claim.question].ecosystem).key
            bad.add(name)
            if claim.fixed:
                higher[name] = max((higher.get(name, ""), *claim.fixed[:1]), key=key)
        cleared |= {name: candidates[name] for name in names if name not in bad}
        candidates = {name: version for name, version in higher.items() if version != candidates[name]}
        if not candidates:
            break
    return cleared


def _streams(items: Sequence[Finding]) -> frozenset[str]:
    """The module streams of which a later version may be said to have a problem: those of the findings, or none."""
    return frozenset(("", *(match.module for item in items for match in item.matches)))


def _question(item: Finding, version: str) -> Question:
    match = item.matches[0]
    return Question(match.ecosystem, match.package, version, order(match.ecosystem).key(version))
