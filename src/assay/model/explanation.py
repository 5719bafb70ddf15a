"""Why a finding is reported, or why not."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """The answer in a word."""

    REPORTED = "reported"
    SUPPRESSED = "suppressed"
    NOT_AFFECTED = "not affected"
    UNDECIDED = "undecided"


class Step(NamedTuple):
    """One step of the reasoning: what was looked at, and what was found."""

    about: str
    found: str


class Explanation(NamedTuple):
    """The reasoning about one component; `component` is its id, or empty where no component is concerned."""

    vulnerability: str
    component: str
    verdict: Verdict
    steps: tuple[Step, ...]
