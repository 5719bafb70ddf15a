"""``math.round`` with a precision, ``random`` texts, and the clock."""

from __future__ import annotations

import math
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import InContext, Library
from assay.engines.policy.kyverno_cel.context import Context

MAX_RANDOM = 1024
_MAX_DIGITS = 300
_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
_SOURCE = random.SystemRandom()


def _round(value: float, digits: int) -> float:
    if abs(digits) > _MAX_DIGITS:
        raise Untold("math.round takes a precision of a few digits")
    shift = 10.0**digits
    scaled = abs(value) * shift
    return math.copysign(math.floor(scaled + 0.5) / shift, value) if math.isfinite(scaled) else value


def random_text(pattern: str = "[0-9a-z]{8}") -> str:
    """A text that `pattern` matches; raises `Untold` for what cannot be made, or is too long."""
    try:
        parsed = re._parser.parse(pattern[:MAX_RANDOM])  # type: ignore[attr-defined]
    except (re.error, RecursionError) as error:
        raise Untold(f"random: {error}") from error
    sampler = _Sampler()
    sampler.sample(parsed)
    return "".join(sampler.found)


class _Sampler:
    """Walks a parsed expression, a bounded number of steps."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._steps = 0

    def sample(self, parsed: Any) -> None:
        for operation, argument in parsed:
            self._steps += 1
            if self._steps > MAX_RANDOM * 4 or len(self.found) > MAX_RANDOM:
                raise Untold(f"random: over {MAX_RANDOM} characters")
            self._one(str(operation), argument)

    def _one(self, operation: str, argument: Any) -> None:
        match operation:
            case "LITERAL":
                self.found.append(chr(argument))
            case "IN":
                self.found.append(chr(_SOURCE.choice(_members(argument))))
            case "MAX_REPEAT" | "MIN_REPEAT":
                self._repeat(*argument)
            case "SUBPATTERN":
                self.sample(argument[3])
            case "BRANCH":
                self.sample(_SOURCE.choice(argument[1]))
            case "ANY":
                self.found.append(chr(_SOURCE.randint(33, 126)))
            case "AT":
                return
            case _:
                raise Untold(f"random: {operation.lower()} is not among what can be made")

    def _repeat(self, least: int, most: Any, inner: Any) -> None:
        if least > MAX_RANDOM:
            raise Untold(f"random: over {MAX_RANDOM} characters")
        for _ in range(_SOURCE.randint(least, min(int(most), least + 8))):
            self._steps += 1
            self.sample(inner)


def _members(argument: Any) -> list[int]:
    members: list[int] = []
    for operation, value in argument:
        match str(operation):
            case "LITERAL":
                members.append(value)
            case "RANGE":
                members += range(value[0], min(value[1], 0xFFFF) + 1)
            case "CATEGORY":
                members += _CATEGORIES.get(str(value), [])
    if not members or str(argument[0][0]) == "NEGATE":
        members = [code for code in range(33, 127) if code not in members]
    return members


_CATEGORIES = {
    "CATEGORY_DIGIT": list(range(48, 58)),
    "CATEGORY_WORD": [*range(48, 58), *range(65, 91), 95, *range(97, 123)],
    "CATEGORY_SPACE": [32],
}


def _truncate(moment: datetime, step: timedelta) -> datetime:
    """Towards the zero time of Go, as its Truncate does."""
    if step <= timedelta():
        return moment
    return moment - (moment - _EPOCH) % step


def _cron(moment: datetime) -> str:
    found = moment.astimezone(UTC)
    return f"{found.minute} {found.hour} {found.day} {found.month} {found.isoweekday() % 7}"


def _now(context: Context) -> datetime:
    return context.world.now()


MATH = Library("kyverno.math", {"math.round(double, int): double": _round})
RANDOM = Library("random", {"random(): string": random_text, "random(string): string": random_text})
TIME = Library(
    "time",
    {
        "time.now(): timestamp": InContext(_now),
        "time.truncate(timestamp, duration): timestamp": _truncate,
        "time.toCron(timestamp): string": _cron,
    },
)
