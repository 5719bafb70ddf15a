"""What is wrong with a document, and where."""

from __future__ import annotations

from dataclasses import dataclass

MAX_PROBLEMS = 50
"""So many are told of one document."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """`path` is ``components[3].type`` in JSON and ``line 12`` in XML; empty for the document as a whole."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message
