"""Version range specifiers (vers, ECMA-428 draft): read as intervals, and written for what manifests ask for.

::

    npm    ^1.2.3          vers:npm/>=1.2.3|<2.0.0
    pypi   >=1.0,<2,!=1.5  vers:pypi/>=1.0|!=1.5|<2     (constraints in the order of their versions)
    gem    ~> 2.2          vers:gem/>=2.2|<3
    npm    *               vers:npm/*

What cannot be said this way without knowing how the ecosystem compares versions gives an empty string.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from assay.errors import Malformed
from assay.model.version import Interval

_MAX = 200
_CONSTRAINT = re.compile(r"\s*(>=|<=|!=|===|==|~=|~>|>|<|=|\^|~)?\s*v?([0-9][0-9A-Za-z.+_-]*|\*)\s*(?:,|\s|\Z)")
_NUMBERS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,3}\Z")
_CARET_BY_DEFAULT = frozenset({"cargo"})
_LOWER = (">=", ">")
_UPPER = ("<", "<=")

_Pair = tuple[str, str]


def write(scheme: str, text: str) -> str:
    """The specifier for a range of that ecosystem (a purl type), or an empty string."""
    if text.startswith("vers:"):
        return text
    if not scheme or len(text) > _MAX:
        return ""
    if text.strip() in ("", "*"):
        return f"vers:{scheme}/*"
    constraints = _constraints(scheme, text)
    if not constraints:
        return ""
    written = (("" if operator == "=" else operator) + quote(version, safe=".-_~") for operator, version in constraints)
    return f"vers:{scheme}/{'|'.join(written)}"


def read(text: str) -> tuple[Interval, ...]:
    """The versions that a specifier names; raises `Malformed` for what is none.

    Constraints stand in the order of their versions, so those that name a lower and an upper bound go in pairs; a
    version that is left out (``!=``) parts an interval.
    """
    head, slash, body = text.partition("/")
    if not slash or not re.fullmatch(r"vers:[a-z0-9.+-]+", head):
        raise Malformed(f"{text[:80]!r} is no version range specifier")
    if body.strip() == "*":
        return (Interval(),)
    result: list[Interval] = []
    low: _Pair | None = None
    for item in body.split("|")[:_MAX]:
        match = _READ.fullmatch(item.strip())
        if match is None:
            raise Malformed(f"{item[:80]!r} in {text[:80]!r} is no constraint")
        operator, version = match[1] or "=", unquote(match[2])
        if operator == "=":
            result.append(Interval(version, True, version, True))
        elif operator in _LOWER:
            if low is not None:
                result.append(Interval(low[1], low[0] == ">="))
            low = operator, version
        elif operator in _UPPER:
            result.append(
                Interval(low[1] if low else "", bool(low is None or low[0] == ">="), version, operator == "<=")
            )
            low = None
        else:
            if low is not None or not result:
                result.append(Interval(low[1] if low else "", bool(low is None or low[0] == ">="), version, False))
                low = ">", version
    if low is not None:
        result.append(Interval(low[1], low[0] == ">="))
    return tuple(result)


_READ = re.compile(r"(>=|<=|!=|>|<|=)?\s*([^\s<>=!|]+)")


def _constraints(scheme: str, text: str) -> list[_Pair]:
    """The constraints of one interval in ascending order; empty when the text is not one."""
    found: list[_Pair] = []
    position = 0
    while position < len(text):
        match = _CONSTRAINT.match(text, position)
        if match is None:
            return []
        constraints = _expanded(match[1] or ("^" if scheme in _CARET_BY_DEFAULT else "="), match[2])
        if not constraints:
            return []
        found += constraints
        position = match.end()
    return _ordered(found)


def _expanded(operator: str, version: str) -> list[_Pair]:
    if "*" in version or version.lower().endswith((".x", ".*")):
        return []
    if operator in ("==", "==="):
        return [("=", version)]
    if operator not in ("^", "~", "~=", "~>"):
        return [(operator, version)]
    if not _NUMBERS.match(version):
        return []
    upper = _upper(operator, [int(part) for part in version.split(".")])
    return [(">=", version), ("<", upper)] if upper else []


def _upper(operator: str, parts: list[int]) -> str:
    """The first version that is beyond a caret (same left-most number that is not 0) or a tilde."""
    if operator == "^":
        at = next((position for position, part in enumerate(parts) if part), len(parts) - 1)
        width = len(parts)
    elif operator == "~":
        at, width = min(1, len(parts) - 1), len(parts)
    else:
        at, width = len(parts) - 2, len(parts) - 1
    if at < 0:
        return ""
    bumped = [*parts[:at], parts[at] + 1, *([0] * (width - at - 1))]
    return ".".join(map(str, bumped))


def _ordered(found: list[_Pair]) -> list[_Pair]:
    """A lower bound, then an upper one; exclusions only where the order of versions is plain."""
    lower = [pair for pair in found if pair[0] in _LOWER]
    upper = [pair for pair in found if pair[0] in _UPPER]
    others = [pair for pair in found if pair not in lower and pair not in upper]
    if len(found) == 1:
        return found
    if len(lower) > 1 or len(upper) > 1 or any(operator != "!=" for operator, _ in others):
        return []
    if not others:
        return lower + upper
    if not all(_NUMBERS.match(version) for _, version in found):
        return []
    return sorted(found, key=lambda pair: [int(part) for part in pair[1].split(".")])
