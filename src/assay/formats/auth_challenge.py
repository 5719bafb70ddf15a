"""``WWW-Authenticate`` headers (RFC 9110, section 11.6.1), which may hold several challenges.

::

    Bearer realm="https://auth.example/token",service="registry.example",scope="repository:app:pull", Basic realm="x"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.errors import LimitExceeded

MAX_LENGTH = 16 << 10

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf'({_TOKEN})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))')
_SCHEME = re.compile(rf"({_TOKEN})(?:[ \t]+|(?=,)|\Z)")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|\Z))")
_GAP = re.compile(r"[ \t,]+")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge; `scheme` and the names of `parameters` are in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse(text: str) -> tuple[Challenge, ...]:
    """The challenges in their order; what breaks the grammar ends the list, and what precedes it is kept.

    Raises `LimitExceeded` for a header beyond `MAX_LENGTH`.
    """
    if len(text) > MAX_LENGTH:
        raise LimitExceeded(f"WWW-Authenticate header of {len(text)} characters (at most {MAX_LENGTH})")
    challenges: list[Challenge] = []
    parameters: dict[str, str] = {}
    at = 0
    while at < len(text):
        if gap := _GAP.match(text, at):
            at = gap.end()
        elif challenges and (found := _PARAMETER.match(text, at)):
            quoted, plain = found[2], found[3]
            value = re.sub(r"\\(.)", r"\1", quoted) if plain is None else plain
            parameters.setdefault(found[1].lower(), value)
            at = found.end()
        elif found := _SCHEME.match(text, at):
            parameters = {}
            challenges.append(Challenge(found[1].lower(), parameters))
            at = found.end()
            if (skipped := _TOKEN68.match(text, at)) and "=" not in skipped[0].rstrip("="):
                at = skipped.end() if not _PARAMETER.match(text, at) else at
        else:
            break
    return tuple(challenges)
