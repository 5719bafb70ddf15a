"""Functions for texts: case, parts, regular expressions (RE2), labels, versions."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import Any

from assay.engines.policy import wildcards
from assay.engines.policy.queries import versions
from assay.engines.policy.queries.arithmetic import number
from assay.engines.policy.queries.faults import BadQuery
from assay.engines.policy.queries.function import NUMBER, OBJECT, TEXT, Function
from assay.engines.policy.queries.standard import text_of

MAX_TEXT = 4 << 20
"""Characters of a text that a function makes."""
_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")


@lru_cache(1024)
def _regex(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise BadQuery(f"{pattern!r:.120} is no regular expression: {error!s:.200}") from error


def _compare(one: str, other: str) -> int:
    return (one > other) - (one < other)


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise BadQuery(f"a text of over {MAX_TEXT} characters")
    return text


def _replace(text: str, old: str, new: str, count: float) -> str:
    return _bounded(text.replace(old, new, int(count)))


def _replace_all(text: str, old: str, new: str) -> str:
    return _replace(text, old, new, -1)


def _regex_match(pattern: str, value: Any) -> bool:
    return _regex(pattern).search(text_of(value)) is not None


def _regex_replace_all(pattern: str, text: Any, new: Any) -> str:
    """``$1`` and ``${name}`` stand for groups."""
    template = text_of(new)

    def expanded(match: Any) -> str:
        return _REFERENCE.sub(lambda found: _group(match, found), template)

    return _bounded(_regex(pattern).sub(expanded, text_of(text)))


def _group(match: Any, found: re.Match[str]) -> str:
    name = found[1] or found[2]
    if not name:
        return "$"
    try:
        return match[int(name) if name.isdigit() else name] or ""
    except (IndexError, KeyError):
        return ""


def _regex_replace_literal(pattern: str, text: Any, new: Any) -> str:
    literal = text_of(new)
    return _bounded(_regex(pattern).sub(lambda _: literal, text_of(text)))


def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else list(text)


def _truncate(text: str, length: float) -> str:
    return text[: max(int(length), 0)]


def _label_match(wanted: dict[str, Any], labels: dict[str, Any]) -> bool:
    """Whether every wanted label is there, with wildcards in keys and values."""
    return all(_has(key, value, labels) for key, value in wanted.items())


def _has(key: str, value: Any, labels: dict[str, Any]) -> bool:
    return any(
        wildcards.match(key, name) and wildcards.match(text_of(value), text_of(found)) for name, found in labels.items()
    )


def _trim_prefix(text: str, prefix: str) -> str:
    return text.removeprefix(prefix)


def _canonical(path: str) -> str:
    found = posixpath.normpath(path) if path else "."
    return "/" + found.lstrip("/") if found.startswith("//") else found


def _round(value: float, digits: float) -> Any:
    if digits < 0:
        raise BadQuery("round: the length must not be negative")
    scale = 10.0 ** int(digits)
    shifted = value * scale
    whole = int(shifted + (0.5 if shifted >= 0 else -0.5))
    return number(whole / scale)


def _to_boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise BadQuery(f"to_boolean: {text!r:.60} is neither true nor false")
    return text.lower() == "true"


_SCALAR = f"{TEXT}|{NUMBER}"
FUNCTIONS = (
    Function("compare", (TEXT, TEXT), _compare),
    Function("equal_fold", (TEXT, TEXT), lambda one, other: one.casefold() == other.casefold()),
    Function("replace", (TEXT, TEXT, TEXT, NUMBER), _replace),
    Function("replace_all", (TEXT, TEXT, TEXT), _replace_all),
    Function("to_upper", (TEXT,), str.upper),
    Function("to_lower", (TEXT,), str.lower),
    Function("trim", (TEXT, TEXT), lambda text, characters: text.strip(characters) if characters else text),
    Function("trim_prefix", (TEXT, TEXT), _trim_prefix),
    Function("split", (TEXT, TEXT), _split),
    Function("regex_match", (TEXT, _SCALAR), _regex_match),
    Function("regex_replace_all", (TEXT, _SCALAR, _SCALAR), _regex_replace_all),
    Function("regex_replace_all_literal", (TEXT, _SCALAR, _SCALAR), _regex_replace_literal),
    Function("pattern_match", (TEXT, _SCALAR), lambda pattern, value: wildcards.match(pattern, text_of(value))),
    Function("label_match", (OBJECT, OBJECT), _label_match),
    Function("truncate", (TEXT, NUMBER), _truncate),
    Function("path_canonicalize", (TEXT,), _canonical),
    Function("semver_compare", (TEXT, TEXT), versions.satisfies),
    Function("round", (NUMBER, NUMBER), _round),
    Function("to_boolean", (TEXT,), _to_boolean),
)
