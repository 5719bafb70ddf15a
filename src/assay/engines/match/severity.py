"""Which of several judgements of severity counts, and its word.

A distribution knows how it built the package, so for its packages its own judgement goes first; then whoever the
advisory comes from, then NVD, then CISA's, then anybody. Of one judge the newest CVSS version counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.model.advisory import Level, Severity

_RANKS = {"nvd": 2, "cisa": 3}
ORDER = {
    Level.CRITICAL: 6,
    Level.HIGH: 5,
    Level.MEDIUM: 4,
    Level.LOW: 3,
    Level.NEGLIGIBLE: 2,
    Level.NONE: 1,
    Level.UNKNOWN: 0,
}
"""How grave a level is."""


def choose(own: Sequence[Severity], others: Sequence[Severity]) -> Severity:
    """The judgement that counts: of the advisory's `own` first, then of `others`."""
    best = own[0] if len(own) == 1 else max(own, key=_weight, default=None)
    if best is None or level(best) is _UNKNOWN:
        best = max(others, key=lambda item: (-_rank(item.source), _weight(item)), default=best)
    return best if best is not None else Severity("")


def _weight(item: Severity) -> tuple[int, int, float]:
    return (level(item) is not _UNKNOWN, _version(item.vector), item.score)


def _version(vector: str) -> int:
    if vector.startswith("CVSS:"):
        return int(vector[5]) * 10 + int(vector[7]) if vector[5:8].replace(".", "").isdigit() else 0
    return 20 if vector else 0


def _rank(source: str) -> int:
    name = source.lower()
    return next((rank for key, rank in _RANKS.items() if key in name), 4)


def level(item: Severity) -> Level:
    """The word of a judgement: its own, else that of its score."""
    return item.level if item.level is not _UNKNOWN else Level.of_score(item.score)


_UNKNOWN = Level.UNKNOWN  # to ask an enumeration for a member takes longer than all the rest of it


def distinct(items: Iterable[Severity]) -> tuple[Severity, ...]:
    """All judgements, each once, in order."""
    return tuple(dict.fromkeys(items))
