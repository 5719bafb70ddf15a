"""Values of configuration keys: read from TOML and the environment, checked against the table of keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from assay.adapters.configuration.keys import KEYS, Key, Kind
from assay.errors import UsageError

Value = str | bool | tuple[str, ...] | None
"""The value of a key; None where nothing set it and there is no default."""

ELSEWHERE = frozenset({"scan.ignore", "verify.identity", "verify.require"})
"""Tables that are no settings: ignore rules are read by `assay.adapters.ignore_files`, identities by
`assay.app.identity_policies`."""

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


def from_table(table: object, origin: str) -> Iterator[tuple[Key, Value]]:
    """The keys of a TOML table, nested ones with dots; raises `UsageError` for what no key takes."""
    for name, value in _flatten(table, ""):
        if name in ELSEWHERE:
            continue
        yield _known(name, origin), _typed(_known(name, origin), value, origin)


def _flatten(table: object, prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in table.items() if isinstance(table, dict) else ():
        if isinstance(value, dict) and prefix + name not in KEYS:
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _known(name: str, origin: str) -> Key:
    if name in KEYS:
        return KEYS[name]
    from difflib import get_close_matches

    meant = get_close_matches(name, KEYS, 1, 0.6)
    hint = f"did you mean {meant[0]}? " if meant else ""
    raise UsageError(f"{origin}: no configuration key {name}", f"{hint}docs/reference/configuration.md lists them")


def _typed(key: Key, value: object, origin: str) -> Value:
    if isinstance(value, bool) and key.kind is Kind.BOOLEAN:
        return value
    if isinstance(value, list) and key.kind is Kind.LIST and all(isinstance(item, str) for item in value):
        return tuple(value)
    if isinstance(value, str) and key.kind in (Kind.TEXT, Kind.PATH):
        return _chosen(key, value, origin)
    raise UsageError(f"{origin}: {key.name} is {_describe(value)}", f"it takes {_describe_kind(key.kind)}")


def _chosen(key: Key, value: str, origin: str) -> str:
    if key.choices and value not in key.choices:
        raise UsageError(f"{origin}: {key.name} is {value!r}", f"it takes one of: {', '.join(key.choices)}")
    return value


def _describe(value: object) -> str:
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), f"a {type(value).__name__}")


def _describe_kind(kind: Kind) -> str:
    match kind:
        case Kind.TEXT:
            return "a text"
        case Kind.PATH:
            return "a path, as text"
        case Kind.BOOLEAN:
            return "true or false"
        case Kind.LIST:
            return "a list of texts"
        case _ as never:
            assert_never(never)


def from_text(key: Key, text: str, origin: str) -> Value:
    """The value that an environment variable holds."""
    if key.kind is Kind.LIST:
        return tuple(item.strip() for item in text.split(",") if item.strip())
    if key.kind is not Kind.BOOLEAN:
        return _chosen(key, text, origin)
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise UsageError(f"{origin} is {text!r}", "it takes 1 or 0 (or true, yes, on; false, no, off)")
