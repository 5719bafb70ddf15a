"""What a shard answers: which intervals hold a version, and what is told about everything."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from assay.adapters.advisories.builder import ShardBuilder
from assay.adapters.advisories.questions import database
from assay.adapters.advisories.shard import ShardReader
from assay.ecosystems import order
from assay.model.advisory import Advisory, Affected, FixState, Kind
from assay.model.advisory_store import Question, Shard
from assay.model.version import Interval

ECOSYSTEM = "PyPI"
KEY = order(ECOSYSTEM).key
INTERVALS = [
    Interval(low, low_included, high, high_included)
    for low, low_included, high, high_included in product(("", "1", "2"), (False, True), ("", "2", "3"), (False, True))
]


def reader(path: Path, *records: Advisory) -> ShardReader:
    builder = ShardBuilder("test", "2026-11-23")
    builder.extend(records)
    builder.write(path)
    return ShardReader(path, Shard("test", "", 0, "", "", len(records)))


def question(version: str, *, everything: bool = False, name: str = "a", ecosystem: str = ECOSYSTEM) -> Question:
    return Question(ecosystem, name, version, KEY(version), everything)


def holds(interval: Interval, version: str) -> bool:
    """By the numbers; an interval from the first version on has no lower bound to leave out."""
    low, low_included, high, high_included = interval
    above = not low or float(version) > float(low) or (low_included and float(version) == float(low))
    return above and (not high or float(version) < float(high) or (high_included and float(version) == float(high)))


@pytest.mark.parametrize("version", ["0.5", "1", "1.5", "2", "2.5", "3", "3.5"])
def test_the_bounds_count_where_they_are_included(tmp_path: Path, version: str) -> None:
    records = [
        Advisory(f"X-{number}", affected=(Affected(ECOSYSTEM, "a", (interval,)),))
        for number, interval in enumerate(INTERVALS, 1)
    ]
    asked = database([question(version), question(version, everything=True)])
    claims = reader(tmp_path / "shard", *records).claims(asked, [ECOSYSTEM])
    expected = {number for number, interval in enumerate(INTERVALS, 1) if holds(interval, version)}
    assert {claim.advisory for claim in claims if claim.question == 0} == expected
    assert all(claim.inside for claim in claims if claim.question == 0)
    everything = {claim.advisory: claim for claim in claims if claim.question == 1}
    assert {number for number, claim in everything.items() if claim.inside} == expected
    assert {number: claim.interval for number, claim in everything.items()} == dict(enumerate(INTERVALS, 1))


def test_only_who_asks_for_everything_hears_of_what_makes_no_finding(tmp_path: Path) -> None:
    whole = Affected(ECOSYSTEM, "a", (Interval(),))
    shard = reader(
        tmp_path / "shard",
        Advisory("AFFECTED", affected=(whole,)),
        Advisory("WITHDRAWN", withdrawn="2026-01-01", affected=(whole,)),
        Advisory("NOTICE", kind=Kind.INFORMATIONAL, affected=(whole,)),
        Advisory("NOT", affected=(whole._replace(state=FixState.NOT_AFFECTED),)),
        Advisory("LISTED", affected=(Affected(ECOSYSTEM, "a", versions=("1", "2")),)),
    )
    claims = shard.claims(database([question("1"), question("1", everything=True)]), [ECOSYSTEM])
    names = {number: record.id for number, record in shard.advisories(range(1, 6)).items()}
    told = [[names[claim.advisory] for claim in claims if claim.question == number] for number in (0, 1)]
    assert told == [["AFFECTED", "LISTED"], ["AFFECTED", "WITHDRAWN", "NOTICE", "NOT", "LISTED"]]
    assert [claim.interval.low for claim in claims if claim.listed] == ["1", "1"]


def test_an_answer_names_its_question(tmp_path: Path) -> None:
    shard = reader(
        tmp_path / "shard",
        Advisory("A", affected=(Affected(ECOSYSTEM, "a", (Interval(high="2"),)), Affected("npm", "a", (Interval(),)))),
        Advisory("B", affected=(Affected(ECOSYSTEM, "b", (Interval(high="2"),)),)),
    )
    questions = [question("1", name="c"), question("1", name="b"), question("1"), question("1", ecosystem="npm")]
    claims = shard.claims(database(questions), [ECOSYSTEM])
    assert [(claim.question, claim.advisory) for claim in claims] == [(1, 2), (2, 1)]
    assert [claim.question for claim in shard.claims(database(questions[1:]), [ECOSYSTEM, "npm"])] == [0, 1, 2]
    assert not shard.claims(database([question("3")]), [ECOSYSTEM])
