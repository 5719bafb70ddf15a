"""Sort keys: bytes whose order is the order of what they stand for, so that SQLite and Python compare them alike.

Proof of order, by parts that are put one after the other:

- `number`: the count of digits without leading zeros, then the digits. More digits are more; as many compare as text.
- `text`: the characters, then a zero byte, which is below any character: a beginning is less than what goes on.
- A part that may be absent begins with a mark below (or above) every mark that may stand there instead.

No part is the beginning of another one, so the first differing byte lies in the first differing part.
"""

from __future__ import annotations

from functools import lru_cache

MAX_LENGTH = 1000
"""Longer versions compare by so many characters."""

_MAX_DIGITS = 255
END = b"\0"


@lru_cache(4096)
def number(digits: str) -> bytes:
    """A decimal number of any length; leading zeros do not count, an empty text is zero.

    Kept: all versions are made of the same few numbers.
    """
    digits = digits.lstrip("0")
    return bytes((min(len(digits), _MAX_DIGITS),)) + digits.encode("ascii", "replace")


def text(characters: str) -> bytes:
    """A text, by code points."""
    return characters.encode("utf-8", "replace").replace(END, b"\x01") + END
