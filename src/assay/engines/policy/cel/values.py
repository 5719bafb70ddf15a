"""The values of CEL in Python: JSON's own types, and a class for each of the others.

int is ``int`` (64 bits), double ``float``, string ``str``, bytes ``bytes``, list ``list``, map ``dict``, null None,
timestamp and duration are `datetime` and `timedelta` (microseconds, where CEL has nanoseconds).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from assay.engines.policy.cel.faults import Costly, Untold

Value = Any
"""A value of CEL."""

MAX_WALK = 500_000
"""Parts of a value that is compared, shown or handed on."""
LOWEST, HIGHEST = -(2**63), 2**63 - 1
HIGHEST_UNSIGNED = 2**64 - 1


class UInt(int):
    """An unsigned integer of 64 bits."""

    __slots__ = ()


class Opaque:
    """A value of a library's own type; `cel_type` is its name, `fields` what ``.name`` selects."""

    __slots__ = ()
    cel_type = ""

    def select(self, field: str) -> Value:
        """The value of ``self.field``; raises `Untold` where there is none."""
        raise Untold(f"{self.cel_type} has no field {field!r:.80}")

    def has(self, field: str) -> bool:
        """Whether ``has(self.field)``."""
        raise Untold(f"{self.cel_type} has no field {field!r:.80}")


class Namespace(Opaque):
    """The receiver of a library's functions where they are called on a name: ``http.Get(...)``."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Optional:
    """``optional.of(x)`` and ``optional.none()``."""

    present: bool
    value: Value = None


NONE = Optional(False)


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as a value: ``int``, ``type("")``."""

    name: str


KINDS: dict[type, str] = {
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "map",
    type(None): "null_type",
    datetime: "google.protobuf.Timestamp",
    timedelta: "google.protobuf.Duration",
    Optional: "optional_type",
    TypeName: "type",
}
"""The name of each type, as ``type()`` gives it."""


def kind(value: Value) -> str:
    """The name of the type of `value`."""
    found = KINDS.get(type(value))
    return found if found is not None else getattr(value, "cel_type", "") or type(value).__name__


def equal(left: Value, right: Value) -> bool:
    """CEL's ``==``: numbers by value, everything else only with its own type."""
    one, other = type(left), type(right)
    if one is other and one is not list and one is not dict:
        return bool(left == right)
    return _same(left, right, Walk())


class Walk:
    """Counts the values that are looked at: lists that hold a list twice grow without end when they are unfolded."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_WALK

    def step(self) -> None:
        """One more value; raises `Costly` at the end."""
        self.left -= 1
        if self.left < 0:
            raise Costly(f"a value of over {MAX_WALK} parts")


def _same(left: Value, right: Value, walk: Walk) -> bool:
    walk.step()
    one, other = type(left), type(right)
    if one is other:
        if one is list:
            return len(left) == len(right) and all(_same(a, b, walk) for a, b in zip(left, right, strict=True))
        if one is dict:
            return left.keys() == right.keys() and all(_same(item, right[key], walk) for key, item in left.items())
        return bool(left == right)
    if one is bool or other is bool:
        return False
    if one in _NUMBERS and other in _NUMBERS:
        return bool(left == right)
    return isinstance(left, Opaque) and isinstance(right, Opaque) and left == right


_NUMBERS = frozenset((int, float, UInt))


def whole(value: int) -> int:
    """`value`, if it fits into 64 bits."""
    if LOWEST <= value <= HIGHEST:
        return value
    raise Untold("integer overflow")


def unsigned(value: int) -> UInt:
    """`value`, if it fits into 64 bits without a sign."""
    if 0 <= value <= HIGHEST_UNSIGNED:
        return UInt(value)
    raise Untold("unsigned integer overflow")


def plain(value: Value, walk: Walk | None = None) -> Value:
    """`value` in JSON's types; raises `Untold` for what has no such form (RFC 3339 and Go's form for times)."""
    walk = walk or Walk()
    walk.step()
    match value:
        case list():
            return [plain(item, walk) for item in value]
        case dict():
            return {_key(key): plain(item, walk) for key, item in value.items()}
        case Optional():
            return plain(value.value, walk) if value.present else None
        case UInt():
            return int(value)
        case None | bool() | int() | float() | str():
            return value
    return _foreign(value)


def _key(key: Value) -> str:
    return key if isinstance(key, str) else str(key).lower() if isinstance(key, bool) else str(key)


def _foreign(value: Value) -> Value:
    from assay.engines.policy.cel.libraries.standard import to_string

    if isinstance(value, datetime | timedelta):
        return to_string(value)
    if isinstance(value, bytes):
        from base64 import b64encode

        return b64encode(value).decode()
    if (made := getattr(value, "plain", None)) is not None:
        return made()
    raise Untold(f"{kind(value)} has no form in JSON")
