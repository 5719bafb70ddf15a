"""Nouns as plain JSON values and back, for what SPDX has no field for.

Only what differs from the default of a field is written: ``Occurrence("a/b", line=3)`` is
``{"path": "a/b", "line": 3}``. Reading is strict: a value of the wrong shape is none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_type_hints

from assay.formats.json import Json, Object

Noun = TypeVar("Noun")


def plain(value: object) -> Json:
    """`value` (a noun, a tuple of them, an enum, text, a number) as JSON."""
    if isinstance(value, Enum):
        return str(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return _noun(value)


def _noun(noun: object) -> Object:
    kind: type = type(noun)
    defaults = _defaults(kind)
    return {name: plain(getattr(noun, name)) for name, default in defaults.items() if getattr(noun, name) != default}


@cache
def _defaults(noun: type) -> dict[str, object]:
    if not dataclasses.is_dataclass(noun):
        raise TypeError(f"{noun.__name__} is no noun")
    return {field.name: _default(field) for field in dataclasses.fields(noun)}


def _default(field: dataclasses.Field[Any]) -> object:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def different(noun: object, reading: object, names: tuple[str, ...]) -> Object:
    """Those of the fields `names` in which `noun` differs from what a reader would make of its written form."""
    return {name: plain(getattr(noun, name)) for name in names if getattr(noun, name) != getattr(reading, name)}


def restore(noun: Noun, values: Object, names: tuple[str, ...]) -> Noun:
    """`noun` with the fields of `values` set; what is not one of `names` or has the wrong shape is left out."""
    found = {name: _convert(value, hint) for name, value, hint in _wanted(type(noun), values, names)}
    kept = {name: item[0] for name, item in found.items() if item}
    return dataclasses.replace(noun, **kept) if kept else noun  # type: ignore[type-var]


def _wanted(noun: type, values: Object, names: tuple[str, ...]) -> list[tuple[str, Json, object]]:
    hints = _hints(noun)
    return [(name, values[name], hints[name]) for name in names if name in values]


@cache
def _hints(noun: type) -> dict[str, object]:
    return get_type_hints(noun)


def _convert(value: Json, hint: object) -> tuple[Any, ...]:
    import msgspec

    from assay.formats import typed

    try:
        return (typed.convert(value, hint),)
    except msgspec.ValidationError:
        return ()
