"""Wide frozen dataclasses made in half the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, fields, make_dataclass
from functools import wraps
from typing import Any, TypeVar

Noun = TypeVar("Noun")


def quickly_made(noun: type[Noun]) -> type[Noun]:
    """Give a frozen, slotted dataclass an `__init__` that sets its fields as those of other objects are set.

    The one that `dataclasses` writes asks `object.__setattr__` for each field, which takes ten times as long. This one
    lends the new object, which nobody else has seen, to a class with the same fields that is not frozen.
    """
    known = [
        (item.name, Any, field(default=item.default, default_factory=item.default_factory))
        for item in fields(noun)  # type: ignore[arg-type]  # a dataclass, which a type variable cannot say
    ]
    draft = make_dataclass(noun.__name__, known, slots=True, eq=False, repr=False)
    written: Callable[..., None] = vars(noun)["__init__"]
    lend, fill = object.__setattr__, vars(draft)["__init__"]

    @wraps(written)
    def init(self: Any, *values: Any, **named: Any) -> None:
        lend(self, "__class__", draft)
        fill(self, *values, **named)
        self.__class__ = noun

    setattr(noun, "__init__", init)  # noqa: B010  # mypy lets nobody assign to a method
    return noun
