"""SPDX licence expressions (SPDX 2.3, annex D), read into a tree and written in canonical form.

::

    (MIT OR Apache-2.0) AND GPL-2.0-or-later WITH Classpath-exception-2.0
    LicenseRef-vendor-eula AND DocumentRef-other:LicenseRef-1

Identifiers are read in any case and written as the licence list has them; operators are written in capitals
and may be read in small letters; parentheses are kept only where they are needed. Precedence: ``+``, WITH,
AND, OR.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assay.errors import LimitExceeded, Malformed
from assay.formats.license_names import table

MAX_LENGTH = 20_000
MAX_DEPTH = 60

_TOKEN = re.compile(r"\s*([()]|[A-Za-z0-9.:+-]+)")
_REFERENCE = re.compile(r"(?:DocumentRef-([A-Za-z0-9.-]+):)?LicenseRef-([A-Za-z0-9.-]+)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A licence, perhaps with an exception: ``GPL-2.0-only WITH Classpath-exception-2.0``."""

    license: str
    exception: str = ""

    def __str__(self) -> str:
        return f"{self.license} WITH {self.exception}" if self.exception else self.license


@dataclass(frozen=True, slots=True)
class Compound:
    """``AND`` or ``OR`` over at least two parts."""

    operator: str
    parts: tuple[Leaf | Compound, ...]

    def __str__(self) -> str:
        return f" {self.operator} ".join(self._written(part) for part in self.parts)

    def _written(self, part: Leaf | Compound) -> str:
        nested = isinstance(part, Compound) and part.operator != self.operator and self.operator == "AND"
        return f"({part})" if nested else str(part)


Expression = Leaf | Compound


def parse(text: str) -> Expression:
    """The tree of an expression; raises `Malformed` for what is none."""
    if len(text) > MAX_LENGTH:
        raise LimitExceeded(f"licence expression of {len(text)} characters (at most {MAX_LENGTH})")
    reader = _Reader(_tokens(text))
    tree = reader.either(0)
    if reader.left():
        raise Malformed(f"not an SPDX licence expression, {reader.left()!r} is too much: {text[:80]!r}")
    return tree


def leaves(tree: Expression) -> list[Leaf]:
    """The licences of an expression from left to right."""
    if isinstance(tree, Leaf):
        return [tree]
    return [leaf for part in tree.parts for leaf in leaves(part)]


def _tokens(text: str) -> list[str]:
    found, position, text = [], 0, text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise Malformed(f"not an SPDX licence expression: {text[:80]!r}")
        found.append(match[1])
        position = match.end()
    return found


class _Reader:
    """Recursive descent; one method per level of precedence, the loosest first."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._position = 0

    def left(self) -> str:
        """The next token, an empty string at the end."""
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def either(self, depth: int) -> Expression:
        """``a OR b``."""
        parts = [self._both(depth)]
        while self._take("OR"):
            parts.append(self._both(depth))
        return _join("OR", parts)

    def _both(self, depth: int) -> Expression:
        parts = [self._single(depth)]
        while self._take("AND"):
            parts.append(self._single(depth))
        return _join("AND", parts)

    def _single(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise LimitExceeded(f"licence expression nested deeper than {MAX_DEPTH}")
        if self._take("("):
            inner = self.either(depth + 1)
            if not self._take(")"):
                raise Malformed("not an SPDX licence expression: a parenthesis is not closed")
            return inner
        license_ = _license(self._next())
        return Leaf(license_, _exception(self._next())) if self._take("WITH") else Leaf(license_)

    def _take(self, wanted: str) -> bool:
        found = self.left() == wanted or self.left() == wanted.lower()
        self._position += found
        return found

    def _next(self) -> str:
        token = self.left()
        self._position += 1
        return token


def _join(operator: str, parts: list[Expression]) -> Expression:
    """One level out of nested ones of the same operator; what is said twice counts once."""
    flat: dict[Expression, None] = {}
    for part in parts:
        inner = part.parts if isinstance(part, Compound) and part.operator == operator else (part,)
        flat.update(dict.fromkeys(inner))
    return Compound(operator, tuple(flat)) if len(flat) > 1 else next(iter(flat))


def _license(token: str) -> str:
    """An identifier of the list, one with ``+``, or a reference, in canonical case."""
    known = table().licenses
    if identifier := known.get(token.lower()):
        return identifier
    if token.endswith("+") and (identifier := known.get(token[:-1].lower())):
        return f"{identifier}+"
    if match := _REFERENCE.match(token):
        reference = f"LicenseRef-{match[2]}"
        return f"DocumentRef-{match[1]}:{reference}" if match[1] else reference
    raise Malformed(f"not an SPDX licence identifier: {token[:80]!r}")


def _exception(token: str) -> str:
    identifier = table().exceptions.get(token.lower())
    if not identifier:
        raise Malformed(f"not an SPDX exception identifier: {token[:80]!r}")
    return identifier
