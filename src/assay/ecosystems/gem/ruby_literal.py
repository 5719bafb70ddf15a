r"""The literals of Ruby that specifications are made of (The Ruby Language, "Literals"): strings and their arrays.

::

    "rss".freeze    'BSD-2-Clause'    %q<rexml>    ["MIT".freeze, "Ruby"]    %w[MIT Ruby]    ["lib"], ["ext"]

What is no literal (constants, calls, interpolation) is not evaluated and reads as nothing.
"""

from __future__ import annotations

import re

_CLOSERS = {"<": ">", "(": ")", "[": "]", "{": "}"}
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'|%([qQ]?)([<(\[{|!/])', re.DOTALL)
_ESCAPE = re.compile(r"\\(u\{?([0-9a-fA-F]{1,6})\}?|x([0-9a-fA-F]{1,2})|.)", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "e": "\x1b", "0": "\0"}
_SPACE = re.compile(r"(?:\s|\\\n|#[^\n]*\n)*")
_FREEZE = re.compile(r"(?:\.(?:freeze|strip|to_s|dup))*")
_MAX_ITEMS = 10_000
_MAX_LENGTH = 10_000


def string(text: str, position: int) -> tuple[str, int] | None:
    """The string literal at `position` and the position after it; None for anything else."""
    match = _QUOTED.match(text, position)
    if match is None:
        return None
    if match[4]:
        end = text.find(_CLOSERS.get(match[4], match[4]), match.end(), match.end() + _MAX_LENGTH)
        if end < 0:
            return None
        value, after = text[match.end() : end], end + 1
    else:
        raw = match[1]
        if raw is not None and "#{" in raw:
            return None
        value, after = (_unescape(raw) if raw is not None else _plain(match[2])), match.end()
    frozen = _FREEZE.match(text, after)
    return value, frozen.end() if frozen else after


def strings(text: str, position: int) -> list[str]:
    """The strings of the literal at `position`: one string, or the items of an array of strings."""
    single = string(text, position)
    if single is not None:
        return [single[0]]
    if text.startswith(("%w", "%W"), position):
        opener = text[position + 2 : position + 3]
        end = text.find(_CLOSERS.get(opener, opener), position + 3, position + _MAX_LENGTH) if opener else -1
        return text[position + 3 : end].split() if end >= 0 else []
    return arguments(text, position + 1) if text.startswith("[", position) else []


def arguments(text: str, position: int) -> list[str]:
    """The strings from `position` on that commas separate: ``%q<rexml>.freeze, [">= 0"]`` gives both."""
    found: list[str] = []
    while len(found) < _MAX_ITEMS:
        position = _skip(text, position)
        while text.startswith("[", position):
            position = _skip(text, position + 1)
        item = string(text, position)
        if item is None:
            return found
        found.append(item[0])
        position = _skip(text, item[1])
        if not text.startswith(",", position):
            return found
        position += 1
    return found


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _plain(raw: str) -> str:
    return re.sub(r"\\([\\'])", r"\1", raw)


def _unescape(raw: str) -> str:
    return _ESCAPE.sub(_character, raw) if "\\" in raw else raw


def _character(match: re.Match[str]) -> str:
    code = match[2] or match[3]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
    return _NAMED.get(match[1], match[1])
