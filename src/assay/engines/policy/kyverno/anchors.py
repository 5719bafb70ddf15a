"""Anchors of patterns: ``(key)`` and its kin, which say when and how a field of a pattern counts."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Anchor(StrEnum):
    """What stands before the parenthesis."""

    NONE = "none"
    CONDITION = ""
    GLOBAL = "<"
    EXISTENCE = "^"
    EQUALITY = "="
    NEGATION = "X"
    ADD_IF_ABSENT = "+"


class Key(NamedTuple):
    """A key of a pattern."""

    anchor: Anchor
    name: str


_KEY = re.compile(r"([+<=X^]?)\((.+)\)")
CONDITIONAL = (Anchor.CONDITION, Anchor.GLOBAL)


@lru_cache(4096)
def parse(key: str) -> Key:
    """Of ``X(hostPath)``, negation and ``hostPath``."""
    match = _KEY.fullmatch(key.strip())
    return Key(Anchor(match[1]), match[2].strip()) if match else Key(Anchor.NONE, key)


def bare_path(path: str) -> str:
    """A path without the anchors in its parts."""
    return "/".join(parse(part).name for part in path.split("/"))
