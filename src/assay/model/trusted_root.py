"""Whom to trust for what, and when: the logs, certificate authorities and timestamp authorities of an instance."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Validity(NamedTuple):
    """A closed range of time; None for no bound."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it; both ends count."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment <= self.end)

    def __str__(self) -> str:
        return f"{self.start or 'ever'} to {self.end or 'now'}"


class Log(NamedTuple):
    """A transparency log or a certificate transparency log; `key` is DER, `details` names key and scheme."""

    url: str
    key: bytes
    details: str
    log_id: bytes
    validity: Validity = Validity()
    checkpoint_id: bytes = b""


class Authority(NamedTuple):
    """A certificate or timestamp authority: its chain (DER), the issuing certificate first."""

    uri: str
    chain: tuple[bytes, ...]
    validity: Validity = Validity()


class TrustedRoot(NamedTuple):
    """All of an instance."""

    logs: tuple[Log, ...] = ()
    ct_logs: tuple[Log, ...] = ()
    authorities: tuple[Authority, ...] = ()
    timestamp_authorities: tuple[Authority, ...] = ()
