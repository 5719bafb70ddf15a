"""What works beside the webhooks: it is told each decision, and tells in turn how it is doing.

A companion never holds up an answer: `decided` puts the decision into a queue that is bounded, and counts what it had
to drop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

from assay.app import decision_entries

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.model.decision import Decision
    from assay.model.policy import AdmissionRequest, Object


class Proof(NamedTuple):
    """What a policy was told of an image: the `evidence` id is the digest of the document that says it."""

    image: str
    """The image's digest."""
    evidence: str
    reference: str = ""


@dataclass(frozen=True)
class Decided:
    """A decision that was given at `time` (RFC 3339, UTC), never for a dry run."""

    time: str
    request: AdmissionRequest
    decision: Decision
    seconds: float
    images: Mapping[str, str]
    """Digests by image as the object names it, as far as they became known."""
    proofs: Sequence[Proof] = ()

    @cached_property
    def entry(self) -> Object:
        """What is written of it, put together when the first companion wants it."""
        return decision_entries.entry(self)


class Figure(NamedTuple):
    """Something measured, for ``/metrics``: a number, or numbers by label (`label`)."""

    name: str
    about: str
    read: Callable[[], float | Mapping[str, float]]
    kind: str = "gauge"
    label: str = ""


class Companion(Protocol):
    """One of them."""

    @property
    def figures(self) -> Sequence[Figure]:
        """What is measured."""
        ...

    @property
    def complaints(self) -> Mapping[str, str]:
        """What is amiss; it comes and goes."""
        ...

    def start(self) -> None:
        """Begin, with threads of its own."""
        ...

    def decided(self, told: Decided) -> None:
        """Take note of a decision, at once."""
        ...

    def close(self) -> None:
        """End within seconds."""
        ...
