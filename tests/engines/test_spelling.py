"""Ids of advisories as people type them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from assay.adapters.advisories import starter
from assay.engines.match.spelling import spelled


@pytest.mark.parametrize(
    "name",
    [
        *("CVE-2021-44228", "GHSA-jfh8-c2jp-5v3q", "BIT-gitlab-2021-22205", "BIT-node-min-2023-30581", "PYSEC-2020-1"),
        *("openSUSE-SU-2020:0001-1", "openEuler-SA-2021-1001", "RHSA-2021:1234", "USN-4113-1", "DRUPAL-CORE-2020-12"),
    ],
)
def test_an_id_is_known_however_it_is_typed(name: str) -> None:
    assert {spelled(name), spelled(name.lower()), spelled(f" {name.upper()}\n")} == {name}


@pytest.mark.parametrize("name", ["flask", "left-pad", "log4j:log4j", "lodash@4", "", "@types/node-2"])
def test_what_is_no_id_stays(name: str) -> None:
    assert spelled(name) == name


def test_every_id_of_the_records_that_come_with_assay_is_spelled_as_they_have_it(tmp_path: Path) -> None:
    place = starter.unpacked(tmp_path)
    assert place is not None
    names: set[str] = set()
    for path in (place / "shards").iterdir():
        with closing(sqlite3.connect(path)) as shard:
            names.update(name.strip() for (name,) in shard.execute("SELECT name FROM alias"))
    assert len(names) > 50_000
    assert [name for name in names if spelled(name) != name] == []
