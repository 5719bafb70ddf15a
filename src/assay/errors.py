"""The one exception tree of assay, and the exit code of each branch.

::

    AssayError                    70   what happened, and what mends it
    ├── Refused                    1   the answer is no
    ├── UsageError                 2   wrong flag, wrong configuration, offline and only a network could answer
    ├── InputError                 3   input unreadable, or not what it claims
    │   ├── Malformed                  foreign bytes that break their own format
    │   │   └── LimitExceeded          foreign bytes larger, deeper or more numerous than allowed
    │   └── DigestMismatch             content that is not what its digest says
    ├── ExternalError              4   something outside failed: registry, log, feed, trust root, cluster
    │   └── Late                       it did not answer within the time that there was
    └── InternalError             70   a bug in assay

Engines let no foreign exception out: whatever a library raises is turned into one of these at the place
where it is understood.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = [
    "AssayError",
    "DigestMismatch",
    "ExitCode",
    "ExternalError",
    "InputError",
    "InternalError",
    "Late",
    "LimitExceeded",
    "Malformed",
    "Refused",
    "UsageError",
]


class ExitCode(IntEnum):
    """What the process says to its caller; the docstrings are the table in ``docs/reference/exit-codes.md``."""

    OK = 0
    NO = 1
    USAGE = 2
    INPUT = 3
    EXTERNAL = 4
    BUG = 70
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One line for the reference."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "yes, or done",
    ExitCode.NO: "the answer is no",
    ExitCode.USAGE: "usage: wrong flag, or offline and only a network source could answer",
    ExitCode.INPUT: "input unreadable or not what it claims",
    ExitCode.EXTERNAL: "something outside failed: registry, log, feed, trust root or cluster out of reach",
    ExitCode.BUG: "a bug in assay",
    ExitCode.INTERRUPTED: "interrupted",
}


class AssayError(Exception):
    """What happened in one line (`what`), and what mends it in another (`remedy`)."""

    exit_code = ExitCode.BUG

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class Refused(AssayError):
    """The question was answered, and the answer is no."""

    exit_code = ExitCode.NO


class UsageError(AssayError):
    """The caller asked for something that cannot be asked this way."""

    exit_code = ExitCode.USAGE


class InputError(AssayError):
    """The input is missing, unreadable or not what it claims."""

    exit_code = ExitCode.INPUT


class Malformed(InputError):
    """Foreign bytes that break the rules of their own format."""


class LimitExceeded(Malformed):
    """Foreign bytes larger, deeper or more numerous than assay is willing to follow."""


class DigestMismatch(InputError):
    """Content whose digest is not the one that was promised."""


class ExternalError(AssayError):
    """Something outside of assay did not do its part."""

    exit_code = ExitCode.EXTERNAL


class Late(ExternalError):
    """Something outside of assay did not answer within the time that there was."""


class InternalError(AssayError):
    """A promise of our own code was broken."""
