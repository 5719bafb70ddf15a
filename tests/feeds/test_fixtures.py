"""Every feed's fixtures, walked by one test: `fixtures/<case>/expected.json` beside `input/` (CONTRIBUTING.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.advisories.importer import reader
from assay.adapters.advisories.unpack import documents
from assay.feeds import discover
from assay.feeds.recognise import recognise
from assay.model.feed import Document
from assay.model.sbom import Skipped
from assay.model.version import Interval

PLUGINS = Path(__file__).parents[2] / "src" / "assay" / "feeds"
FEEDS = {feed.name: feed for feed in discover()}
CASES = sorted(path.parent for path in PLUGINS.glob("*/fixtures/*/expected.json"))


def feed_name(case: Path) -> str:
    return case.parts[-3].replace("_", "-")


def case_name(case: Path) -> str:
    return f"{feed_name(case)}-{case.name}"


def inputs(case: Path) -> list[Document]:
    """The files of a case, named by their paths within the source."""
    found = list(documents(case / "input"))
    whole = [item for item in found if isinstance(item, Document)]
    assert whole and whole == found, f"{case} has no input, or damaged one"
    return whole


def is_anonymous(case: Path) -> bool:
    """Whether its files do not tell their feed: they come by an update, or with `--source`."""
    return bool(json.loads((case / "expected.json").read_text()).get("anonymous"))


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_a_fixture_is_read_as_expected(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    read, name = reader(FEEDS[feed_name(case)]), feed_name(case)
    found = [item for document in inputs(case) for item in read(document, name)]
    assert [item for item in found if isinstance(item, Skipped)] == []
    assert [describe(item) for item in found] == expected["records"]
    assert expected["about"] and found


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_a_fixture_is_recognised(case: Path) -> None:
    wanted = {None} if is_anonymous(case) else {feed_name(case)}
    feeds = [recognise(item.name, item.content[:65536]) for item in inputs(case)]
    assert {feed and feed.name for feed in feeds} == wanted


@pytest.mark.parametrize("name", sorted(FEEDS))
def test_a_feed_has_a_fixture_that_is_recognised(name: str) -> None:
    cases = [case for case in CASES if feed_name(case) == name]
    assert [case for case in cases if not is_anonymous(case)], f"no fixture of {name} is recognised by itself"


def test_every_fixture_belongs_to_a_feed_and_says_what_is_expected() -> None:
    assert {feed_name(case) for case in CASES} == set(FEEDS)
    assert sorted(case for case in PLUGINS.glob("*/fixtures/*")) == CASES


def describe(value: Any) -> Any:
    """A record in the form of `expected.json`: what it says beyond the defaults, intervals as people read them."""
    if isinstance(value, Interval):
        return str(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        default = getattr(value, "_field_defaults", {})
        fields = {name: getattr(value, name) for name in value._fields}
        said = {name: describe(item) for name, item in fields.items() if name not in default or item != default[name]}
        return {"record": type(value).__name__, **said} if "id" in fields or "cycle" in fields else said
    return [describe(item) for item in value] if isinstance(value, tuple) else value
