"""What became of an SBOM: components added, removed and changed."""

from __future__ import annotations

from dataclasses import dataclass

from assay.model.component import Component


@dataclass(frozen=True, slots=True, order=True)
class FieldChange:
    """One field that differs; `field` is ``version``, ``licence``, ``digest``, ``supplier``, ``dependencies`` ..."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """The same component in both documents, and in what it differs."""

    before: Component
    after: Component
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class SbomDiff:
    """The difference of two SBOMs; the subjects are compared like components and are in `changed` if they differ."""

    before: Component
    after: Component
    added: tuple[Component, ...] = ()
    removed: tuple[Component, ...] = ()
    changed: tuple[ComponentChange, ...] = ()
    unchanged: int = 0

    @property
    def same(self) -> bool:
        """Whether both documents say the same about their components."""
        return not (self.added or self.removed or self.changed)
