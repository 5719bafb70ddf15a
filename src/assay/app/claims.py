"""Verified attestations held to what is expected of their content: provenance, and conditions in CEL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assay.errors import AssayError, Refused
from assay.formats import intoto, strict_json
from assay.model.verification import Judgement, Outcome

if TYPE_CHECKING:
    from assay.engines.policy.cel.conditions import Condition
    from assay.engines.provenance import Expected


def compiled(texts: Sequence[str]) -> list[Condition]:
    """The conditions; raises `assay.errors.UsageError` for one that is none."""
    if not texts:
        return []
    from assay.engines.policy.cel.conditions import Condition

    return [Condition(text) for text in texts]


def held_to(judged: Judgement, expected: Expected | None, conditions: Sequence[Condition]) -> Judgement:
    """The same, where statements that say something else than they should do not count."""
    if expected is not None:
        judged = _each(judged, lambda item: _built(item, expected))
    return _each(judged, lambda item: _true(item, conditions)) if conditions else judged


def _each(judged: Judgement, change: Callable[[Outcome], Outcome]) -> Judgement:
    below = tuple(_each(item, change) for item in judged.below)
    return judged._replace(outcomes=tuple(map(change, judged.outcomes)), below=below)


def _built(item: Outcome, expected: Expected) -> Outcome:
    from assay.engines import provenance

    found = item.verification
    if not item.verified or found is None:
        return item
    if found.identity is None:
        what = "provenance is what a builder's certificate bears out, and this was signed with a key"
        return item._replace(reason=Refused(what, "name an identity in place of --key"), failed="8 (provenance)")
    try:
        builder = provenance.check(intoto.read(found.payload), found.identity, expected)
    except AssayError as error:
        return item._replace(reason=Refused(error.what, error.remedy), failed="8 (provenance)")
    found.took("provenance", f"built by {builder} from {expected.source}")
    return item


def _true(item: Outcome, conditions: Sequence[Condition]) -> Outcome:
    found = item.verification
    if not item.verified or found is None:
        return item
    try:
        statement = strict_json.load(found.payload, "the statement")
        for condition in conditions:
            condition.check(statement, datetime.now(UTC), found.times)
    except AssayError as error:
        return item._replace(reason=Refused(error.what, error.remedy), failed="condition")
    return item
