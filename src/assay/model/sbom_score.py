"""How good an SBOM is: the minimum elements, a quality score from 0 to 10, and what to mend in which component."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a good SBOM has: `met` of `of` components have it (or 1 of 1: the document).

    `weight` is its share of the category; `remedy` says how to mend it.
    """

    name: str
    weight: float
    met: int
    of: int
    remedy: str = ""

    @property
    def score(self) -> float:
        """0 to 10; 10 where there is nothing that could lack it."""
        return 10 * self.met / self.of if self.of else 10.0


@dataclass(frozen=True, slots=True)
class Category:
    """Checks of one kind; `weight` is its share of the whole."""

    name: str
    weight: float
    checks: tuple[Check, ...]

    @property
    def score(self) -> float:
        """0 to 10."""
        total = sum(check.weight for check in self.checks)
        return sum(check.weight * check.score for check in self.checks) / total if total else 10.0


@dataclass(frozen=True, slots=True)
class Minimum:
    """A set of minimum elements (``NTIA 2021``, ``CISA 2025 draft``)."""

    name: str
    elements: tuple[Check, ...]

    @property
    def met(self) -> bool:
        """Whether every element is there for every component."""
        return all(check.met == check.of for check in self.elements)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What one component lacks."""

    component: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The whole verdict on an SBOM."""

    categories: tuple[Category, ...]
    minimums: tuple[Minimum, ...]
    shortfalls: tuple[Shortfall, ...] = ()

    @property
    def total(self) -> float:
        """0 to 10, the categories by their weights."""
        weights = sum(category.weight for category in self.categories)
        return sum(category.weight * category.score for category in self.categories) / weights if weights else 0.0
