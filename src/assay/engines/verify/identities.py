"""Whose signatures are wanted: names and issuers, exactly, by globs or by regular expressions, and Fulcio's claims.

In globs ``*`` stops at ``/`` and ``**`` crosses it; in wildcards ``*`` and ``?`` stand for anything. Regular
expressions are RE2 and match the whole text, but for those of cosign's flags (`Match.anywhere`), which match anywhere,
as cosign has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from assay.errors import Refused, UsageError
from assay.model.identity import CLAIMS, Identity


class How(StrEnum):
    """How a text is compared."""

    EXACT = "exact"
    GLOB = "glob"
    WILDCARD = "wildcard"
    REGEXP = "regexp"


class Match(NamedTuple):
    """A demand on a text."""

    text: str
    how: How = How.EXACT
    anywhere: bool = False

    def holds(self, value: str) -> bool:
        """Whether a text meets it."""
        if self.how is How.EXACT:
            return value == self.text
        if self.how is How.GLOB:
            return _glob(self.text).fullmatch(value) is not None
        if self.how is How.WILDCARD:
            return _wildcard(self.text).fullmatch(value) is not None
        pattern = compiled(self.text)
        return (pattern.search(value) if self.anywhere else pattern.fullmatch(value)) is not None

    @property
    def unanchored(self) -> bool:
        """Whether it matches somewhere inside of a text, which is seldom meant."""
        return self.anywhere and (not (self.text.startswith("^") and self.text.endswith("$")) or _parted(self.text))

    def __str__(self) -> str:
        return self.text if self.how is How.EXACT else f"{self.how} {self.text}"


def _parted(pattern: str) -> bool:
    """Whether a regular expression has alternatives outside of all brackets, of which ``^`` anchors only the first."""
    depth, bracket = 0, False
    for letter in re.sub(r"\\.", "", pattern):
        if letter in "[]":
            bracket = letter == "["
        elif not bracket:
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if letter == "|" and depth == 0:
                return True
    return False


@lru_cache(256)
def compiled(text: str) -> Any:
    """A regular expression of RE2; raises `UsageError` for what is none."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise UsageError(f"{text!r} is no regular expression (RE2): {error}", "see the syntax of RE2") from error


@lru_cache(256)
def _glob(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*|\?)", text)
    kinds = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(kinds.get(part) or re.escape(part) for part in parts), re.DOTALL)


@lru_cache(256)
def _wildcard(text: str) -> Any:
    """Kyverno's wildcards as RE2, which is not slowed down by many of them."""
    kinds = {"*": ".*", "?": "."}
    return compiled("(?s)" + "".join(kinds.get(letter) or re.escape(letter) for letter in text))


class Wanted(NamedTuple):
    """One signer: a name, an issuer (both needed for certificates), and claims by their number."""

    name: Match | None = None
    issuer: Match | None = None
    claims: Sequence[tuple[int, Match]] = ()

    def refusal(self, found: Identity) -> str:
        """Why this identity is not the wanted one; empty where it is."""
        if self.name is not None and not any(map(self.name.holds, found.names)):
            return f"signed by {', '.join(found.names) or 'nobody'}, wanted was {self.name}"
        if self.issuer is not None and not self.issuer.holds(found.issuer):
            return f"vouched for by {found.issuer or 'nobody'}, wanted was {self.issuer}"
        for number, test in self.claims:
            if not found.claim(number) or not test.holds(found.claim(number)):
                name = CLAIMS.get(number, f"claim {number}")
                return f"its {name} is {found.claim(number) or 'not there'}, wanted was {test}"
        return ""


class Policy(NamedTuple):
    """Of the wanted signers as many as `need`; `origin` says where this was read.

    Without any, everybody is good (unsafe).
    """

    wanted: Sequence[Wanted] = ()
    origin: str = "the command line"
    need: int = 1

    def matches(self, found: Identity) -> tuple[int, ...]:
        """Which of the wanted signers this is, by position."""
        return tuple(number for number, item in enumerate(self.wanted) if not item.refusal(found))

    def check(self, found: Identity) -> str:
        """Who it is; raises `Refused` with the reason of the closest demand."""
        reasons = [item.refusal(found) for item in self.wanted]
        if self.wanted and all(reasons):
            name = found.names[0] if found.names else ""
            flags = f"--certificate-identity {name} --certificate-oidc-issuer {found.issuer}"
            raise Refused(f"{reasons[-1]} ({self.origin})", f"if that is right: {flags}")
        return f"{found}, as {self.origin} wants it" if self.wanted else f"{found}; anybody was good"
