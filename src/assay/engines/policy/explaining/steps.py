"""What an explanation consists of: statements, each with those that it is made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from assay.model.policy import Object


@dataclass(frozen=True, slots=True)
class Step:
    """A statement; `holds` where it is about an object: whether it is so."""

    text: str
    holds: bool | None = None
    found: str = ""
    wanted: str = ""
    mend: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def details(self) -> tuple[tuple[str, str], ...]:
        """Found, wanted and the mend, where there are some."""
        named = (("found", self.found), ("wanted", self.wanted), ("to mend", self.mend))
        return tuple((name, value) for name, value in named if value)

    def as_object(self) -> Object:
        """For machines: what is empty is left out."""
        found: Object = {"text": self.text, "holds": self.holds, "found": self.found, "wanted": self.wanted}
        found |= {"mend": self.mend, "steps": [step.as_object() for step in self.steps]}
        return {key: value for key, value in found.items() if value not in (None, "", [])}


def group(text: str, steps: Iterable[Step | str]) -> Step:
    """A statement made of others."""
    return Step(text, steps=tuple(Step(step) if isinstance(step, str) else step for step in steps))


def listed(values: Iterable[Any], word: str = "or", most: int = 12) -> str:
    """``a, b or c``."""
    texts = [str(value) for value in values]
    if len(texts) > most:
        return f"{', '.join(texts[:most])} and {len(texts) - most} more"
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {word} {texts[-1]}" if texts else ""


def shown(value: Any, most: int = 160) -> str:
    """A value in one line, cut where it is long."""
    import json

    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
