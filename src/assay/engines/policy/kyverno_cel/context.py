"""What the functions of Kyverno's libraries work on during one evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assay.engines.policy.world import World
from assay.model.policy import Object


@dataclass(slots=True)
class Context:
    """The world, and what the evaluation leaves: generated objects, verified images and their statements."""

    world: World
    namespace: str = ""
    """Of a namespaced policy, which may look nowhere else."""
    takes_image: Callable[[str], bool] = field(default=lambda _: True)
    attestations: Mapping[str, str] = field(default_factory=dict)
    """Predicate types by the name of the attestation."""
    generated: list[Object] = field(default_factory=list)
    verified: dict[str, bool] = field(default_factory=dict)
    """By image: whether any signature was good; absent where none was asked for."""
    statements: dict[tuple[str, str], Object] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    """Why images were refused."""

    def note(self, image: str, good: bool) -> None:
        """Write down that the image was checked."""
        self.verified[image] = self.verified.get(image, False) or good
