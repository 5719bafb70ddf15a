"""Text for terminals: colours where they are wanted, and foreign names that cannot steer the terminal."""

from __future__ import annotations

import os
import re
from typing import NamedTuple, TextIO

_UNSAFE = "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"


def printable(text: str) -> str:
    """`text` on one line, control and direction characters written as escapes: names come from strangers."""
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_UNSAFE, lambda match: _escape(match[0]), text)


def _escape(character: str) -> str:
    return " " if character in "\n\r\t" else character.encode("unicode_escape", "surrogatepass").decode("ascii")


class Style(NamedTuple):
    """The escape sequences of a stream; all empty where it shows none."""

    bold: str = ""
    dim: str = ""
    red: str = ""
    green: str = ""
    yellow: str = ""
    blue: str = ""
    reset: str = ""

    @classmethod
    def of(cls, stream: TextIO, *, wanted: bool = True) -> Style:
        """The style for a stream: colours on a terminal, unless NO_COLOR, TERM=dumb or `wanted` forbid."""
        if not wanted or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return cls()
        if not stream.isatty():
            return cls()
        return cls(*(f"\x1b[{code}m" for code in (1, 2, 31, 32, 33, 34, 0)))
