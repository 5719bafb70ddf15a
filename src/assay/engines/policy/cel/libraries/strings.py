"""Texts (cel-go's `ext.Strings`, version 2 and later), ``format`` among them."""

from __future__ import annotations

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.frame import MAX_ITEMS, MAX_TEXT, items, text
from assay.engines.policy.cel.libraries.formatting import formatted
from assay.engines.policy.cel.library import Library

_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_ESCAPES = str.maketrans(
    {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        '"': '\\"',
    }
)


def _char_at(value: str, at: int) -> str:
    if not 0 <= at <= len(value):
        raise Untold(f"index out of range: {at}")
    return value[at : at + 1]


def _index_of(value: str, part: str, start: int = 0) -> int:
    if not part:
        return start
    if not 0 <= start <= len(value):
        raise Untold(f"index out of range: {start}")
    return value.find(part, start)


def _last_index_of(value: str, part: str, end: int | None = None) -> int:
    if not part:
        return len(value) if end is None else end
    if end is not None and not 0 <= end <= len(value):
        raise Untold(f"index out of range: {end}")
    return value.rfind(part) if end is None else value.rfind(part, 0, end + len(part))


def _substring(value: str, start: int, end: int | None = None) -> str:
    last = len(value) if end is None else end
    if not 0 <= start <= len(value) or not start <= last <= len(value):
        raise Untold(f"index out of range: {start if end is None else (start, end)}")
    return value[start:last]


def _replace(value: str, old: str, new: str, count: int = -1) -> str:
    found = value.count(old) if count < 0 else min(count, value.count(old))
    if len(value) + found * len(new) > MAX_TEXT:
        raise Untold("the replaced text is too long")
    return value.replace(old, new, count)


def _split(value: str, separator: str, count: int = -1) -> list[str]:
    if not count:
        return []
    if not separator:
        items(list(value[: MAX_ITEMS + 1]))
        return list(value) if count < 0 or count >= len(value) else [*value[: count - 1], value[count - 1 :]]
    return items(value.split(separator, count - 1 if count > 0 else -1))


def _join(values: list[str], separator: str = "") -> str:
    if not all(isinstance(value, str) for value in values):
        raise Untold("join takes a list of strings")
    if sum(map(len, values)) + len(separator) * len(values) > MAX_TEXT:
        raise Untold("the joined text is too long")
    return separator.join(values)


def _format(value: str, arguments: list[object]) -> str:
    return text(formatted(value, arguments))


STRINGS = Library(
    "strings",
    {
        "string -> charAt(int): string": _char_at,
        "string -> indexOf(string): int": _index_of,
        "string -> indexOf(string, int): int": _index_of,
        "string -> lastIndexOf(string): int": _last_index_of,
        "string -> lastIndexOf(string, int): int": _last_index_of,
        "string -> lowerAscii(): string": lambda value: value.translate(_LOWER),
        "string -> upperAscii(): string": lambda value: value.translate(_UPPER),
        "string -> replace(string, string): string": _replace,
        "string -> replace(string, string, int): string": _replace,
        "string -> reverse(): string": lambda value: value[::-1],
        "string -> split(string): list<string>": _split,
        "string -> split(string, int): list<string>": _split,
        "string -> substring(int): string": _substring,
        "string -> substring(int, int): string": _substring,
        "string -> trim(): string": lambda value: value.strip(_SPACES),
        "list -> join(): string": _join,
        "list -> join(string): string": _join,
        "string -> format(list): string": _format,
        "strings.quote(string): string": lambda value: f'"{value.translate(_ESCAPES)}"',
    },
)
