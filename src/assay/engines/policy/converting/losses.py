"""What a conversion cannot say: told field by field, and whether the new policy then lets more through."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn

from assay.errors import Malformed
from assay.model.policy import Object


class Effect(StrEnum):
    """What a loss does to the policy."""

    WEAKER = "weaker"
    """Something is let through that the old policy refused."""
    STRICTER = "stricter"
    """Something is refused that the old policy let through."""
    SAME = "same"
    """The verdicts are the same; something else is different."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One field that the new policy does not have."""

    field: str
    what: str
    effect: Effect = Effect.WEAKER

    def __str__(self) -> str:
        told = "" if self.effect is Effect.SAME else f" (the new policy is {self.effect})"
        return f"{self.field}: {self.what}{told}"


class Unsayable(Malformed):
    """A part of a policy that the other language cannot express; the text says which, and why."""


def unsaid(what: str) -> Unsayable:
    """The fault, with what may be done."""
    return Unsayable(what, "keep the policy as it is, or write this part by hand")


def unsayable(what: str) -> NoReturn:
    """Raise `Unsayable`."""
    raise unsaid(what)


@dataclass(slots=True)
class Notes:
    """Losses as they are found, each once."""

    found: list[Loss] = field(default_factory=list)

    def lose(self, place: str, what: str, effect: Effect = Effect.WEAKER) -> None:
        """Write one down."""
        loss = Loss(place, what, effect)
        if loss not in self.found:
            self.found.append(loss)


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of one policy: new objects, what they lack, and the rules for which there are none."""

    name: str
    objects: tuple[Object, ...] = ()
    losses: tuple[Loss, ...] = ()
    refused: tuple[Loss, ...] = ()
    """Parts that were not converted at all."""
    rules: tuple[tuple[str, str], ...] = ()
    """Of each rule the name of a policy that it became; a rule may become several."""
