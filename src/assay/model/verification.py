"""The answer to "who built it, and is that who should have?": numbered steps with what each found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from assay.model.identity import Identity


class Step(NamedTuple):
    """A step that was taken: its name, and what it found."""

    name: str
    found: str


@dataclass(slots=True)
class Verification:
    """What was verified about one signature; `identity` is that of the certificate, None for keys.

    `times` are the moments that others vouch for (RFC 3339), `predicate_type` is that of an attestation, `payload` what
    was signed with it.
    """

    steps: list[Step] = field(default_factory=list)
    identity: Identity | None = None
    times: tuple[str, ...] = ()
    log_index: int = -1
    predicate_type: str = ""
    payload: bytes = b""

    def took(self, name: str, found: str) -> None:
        """A step succeeded."""
        self.steps.append(Step(name, found))
