"""Regular expressions, all RE2: ``matches``, and the API server's ``find`` and ``findAll``."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import Library

_MAX_PATTERN = 4096


@lru_cache(maxsize=512)
def pattern(text: str) -> Any:
    """The compiled expression; raises `Untold` for what is none."""
    import re2

    if len(text) > _MAX_PATTERN:
        raise Untold(f"a regular expression has over {_MAX_PATTERN} characters")
    options = re2.Options()
    options.log_errors, options.max_mem = False, 8 << 20
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise Untold(f"no regular expression: {error!s:.200}") from error


def matches(text: str, expression: str) -> bool:
    """Whether it matches anywhere in `text`."""
    return pattern(expression).search(text) is not None


def _find(text: str, expression: str) -> str:
    found = pattern(expression).search(text)
    return found.group(0) if found else ""


def _find_all(text: str, expression: str, limit: int = -1) -> list[str]:
    found: list[str] = []
    if not limit:
        return found
    for match in pattern(expression).finditer(text):
        found.append(match.group(0))
        if len(found) == limit:
            break
    return found


REGEX = Library(
    "regex",
    {
        "string -> matches(string): bool": matches,
        "matches(string, string): bool": matches,
        "string -> find(string): string": _find,
        "string -> findAll(string): list<string>": _find_all,
        "string -> findAll(string, int): list<string>": _find_all,
    },
)
