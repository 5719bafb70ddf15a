"""How a test of policies went."""

from __future__ import annotations

from typing import NamedTuple


class PolicyTestResult(NamedTuple):
    """One case: where it stands, its names, and ``pass``, ``fail`` or ``skip`` with the reason."""

    file: str
    test: str
    case: str
    outcome: str
    message: str = ""

    @property
    def title(self) -> str:
        """Its names in one."""
        return f"{self.test}/{self.case}" if self.case else self.test
