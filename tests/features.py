"""docs/features.md says what assay can do; here its rows are held against the tests of this run.

A row of the table is ``| feature | state | proof |``. A proof is one or more test ids in backticks
(``tests/cli/test_main.py::test_version``, or a file for all of its tests), or, for what only a slow target can
prove, ``make bench`` with the date and the commit of its last run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parent.parent / "docs" / "features.md"
_TARGET = re.compile(r"`make (?:bench|fuzz|interop)`,? \d{4}-\d\d-\d\d,? at `[0-9a-f]{7,40}`")
_TEST = re.compile(r"`(tests/[^`\s]+)`")


class Row(NamedTuple):
    """A feature and what proves it."""

    feature: str
    state: str
    proof: str

    @property
    def tests(self) -> list[str]:
        """The ids of its tests."""
        return _TEST.findall(self.proof)

    @property
    def by_target(self) -> bool:
        """Whether a target outside the tests proves it, with the date and the commit of the run."""
        return _TARGET.search(self.proof) is not None


def rows(page: str) -> Iterator[Row]:
    """The rows of all tables with three columns."""
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and cells[0] != "feature" and set(cells[0]) != {"-"}:
            yield Row(*cells)


def unproved(page: str, outcomes: Mapping[str, str], *, skips_count: bool) -> list[str]:
    """What is wrong with the proofs, a line each; `outcomes` maps test ids to passed, failed or skipped."""
    wrong = []
    for row in rows(page):
        if not row.tests and not row.by_target:
            wrong.append(f"{row.feature}: no proof")
        for test in row.tests:
            ends = {outcome for node, outcome in outcomes.items() if _belongs(node, test)}
            if not ends:
                wrong.append(f"{row.feature}: {test} did not run")
            elif "failed" in ends or (skips_count and "skipped" in ends):
                wrong.append(f"{row.feature}: {test} did not pass")
    return wrong


def _belongs(node: str, test: str) -> bool:
    return node == test or node.startswith((f"{test}[", f"{test}::", f"{test}/"))
