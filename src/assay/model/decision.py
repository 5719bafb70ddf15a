"""The answer to "may it run here?": the verdict, what happens, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.model.policy import Object, RuleResult


@dataclass(frozen=True, slots=True)
class Decision:
    """`allowed` is the action, `verdict` what the policies say whatever their phase (pass, fail or error).

    `message` is the reason for whoever asked; `warnings` are shown to them; `annotations` are for the audit log;
    `patched` is the object as mutating policies leave it.
    """

    allowed: bool
    verdict: str
    message: str = ""
    warnings: tuple[str, ...] = ()
    annotations: dict[str, str] = field(default_factory=dict)
    results: tuple[RuleResult, ...] = ()
    patched: Object | None = None
    code: int = 200

    @property
    def action(self) -> str:
        """allow, warn or deny."""
        return "deny" if not self.allowed else "warn" if self.warnings else "allow"
