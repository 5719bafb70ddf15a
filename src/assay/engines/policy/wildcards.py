"""Wildcards in policies: ``*`` stands for any text, ``?`` for one character."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from assay.errors import LimitExceeded


@lru_cache(4096)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.dot_nl = True
    options.never_nl = False
    options.log_errors = False
    try:
        return re2.compile("".join({"*": ".*", "?": "."}.get(part, re2.escape(part)) for part in pattern), options)
    except re2.error as error:
        raise LimitExceeded(f"the pattern {pattern:.80}… is too long", "make it shorter") from error


def contains(text: str) -> bool:
    """Whether `text` has wildcards."""
    return "*" in text or "?" in text


def match(pattern: str, text: str) -> bool:
    """Whether all of `text` is of the form of `pattern`; raises `LimitExceeded` for one that is too long."""
    if pattern == "*" or pattern == text:
        return True
    if not contains(pattern):
        return False
    return _compiled(pattern).fullmatch(text) is not None


def any_match(patterns: list[str], text: str) -> bool:
    """Whether `text` is of one of the forms."""
    return any(match(pattern, text) for pattern in patterns)
