"""Explanations of policies for people: statements, indented, with what is found, wanted and to be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from assay.report.console import printable


class Statement(Protocol):
    """One statement of an explanation."""

    @property
    def text(self) -> str:
        """What is so."""
        ...

    @property
    def holds(self) -> bool | None:
        """Whether it is so of the object."""
        ...

    @property
    def details(self) -> Iterable[tuple[str, str]]:
        """Found, wanted and the mend, where there are some."""
        ...

    @property
    def steps(self) -> Iterable[Statement]:
        """Those that it is made of."""
        ...


_MARKS = {True: "[yes] ", False: "[no] ", None: ""}


def lines(steps: Iterable[Statement], level: int = 1) -> Iterator[str]:
    """A line for each statement, and for each detail of it."""
    for step in steps:
        indent = "  " * level
        yield f"{indent}{_MARKS[step.holds]}{printable(step.text)}"
        for name, value in step.details:
            yield f"{indent}    {name}: {printable(value)}"
        yield from lines(step.steps, level + 1)
