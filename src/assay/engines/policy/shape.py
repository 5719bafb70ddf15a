"""What objects may look like: a description that checks them, field by field, and writes their JSON schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from assay.errors import Malformed

MAX_ITEMS = 1024
MAX_TEXT = 256 << 10
_DURATION = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?")
DURATION = r"^(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m)?(\d{1,6}s)?$"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value must be: `kind` is a JSON type, ``duration`` or ``time``; the rest narrows it.

    `fields` are those of an object, all others are refused; with `each`, keys are free and values of that shape.
    """

    kind: str
    about: str = ""
    fields: Mapping[str, Shape] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    each: Shape | None = None
    choices: tuple[str | int, ...] = ()
    least: int = 0
    most: int = 0
    free: bool = False
    """An object of which nothing is looked at (metadata, a Kubernetes selector)."""

    def check(self, value: Any, place: str) -> None:
        """Raise `Malformed` with the field's place for what does not fit."""
        _CHECKS[self.kind](self, value, place)

    def schema(self) -> dict[str, Any]:
        """As a structural schema of Kubernetes, which is a JSON schema too."""
        found = dict(_SCHEMAS[self.kind](self))
        if self.about:
            found["description"] = self.about
        if self.choices and self.kind != "flexible":
            found["enum"] = list(self.choices)
        return found


def _wrong(place: str, value: Any, wanted: str) -> Malformed:
    return Malformed(f"{place} is {value!r:.80}, wanted is {wanted}", "mend that field")


def _text(shape: Shape, value: Any, place: str) -> None:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise _wrong(place, value, "a text")
    if shape.choices and value not in shape.choices:
        raise _wrong(place, value, " or ".join(map(str, shape.choices)))
    if shape.least and not value.strip():
        raise _wrong(place, value, "a text that is not empty")


def _boolean(shape: Shape, value: Any, place: str) -> None:
    if not isinstance(value, bool):
        raise _wrong(place, value, "true or false")


def _integer(shape: Shape, value: Any, place: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not shape.least <= value <= (shape.most or 1 << 31):
        raise _wrong(place, value, f"a number from {shape.least} to {shape.most or 1 << 31}")


def _flexible(shape: Shape, value: Any, place: str) -> None:
    """A number, or one of the words."""
    if isinstance(value, str) and value in shape.choices:
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _wrong(place, value, f"{' or '.join(map(str, shape.choices))} or a number from 1")


def _list(shape: Shape, value: Any, place: str) -> None:
    if not isinstance(value, list) or len(value) > MAX_ITEMS or len(value) < shape.least:
        raise _wrong(place, value, f"a list of {shape.least} to {MAX_ITEMS} items")
    for number, item in enumerate(value):
        if shape.each is not None:
            shape.each.check(item, f"{place}[{number}]")


def _object(shape: Shape, value: Any, place: str) -> None:
    if not isinstance(value, dict) or len(value) > MAX_ITEMS:
        raise _wrong(place, value, "an object")
    if shape.free:
        return
    for name, item in value.items():
        inner = shape.fields.get(name) or shape.each
        if inner is None:
            known = ", ".join(sorted(shape.fields))
            raise Malformed(f"{place}.{name} is not known", f"there are: {known}")
        inner.check(item, f"{place}.{name}")
    for name in shape.required:
        if name not in value:
            raise Malformed(f"{place}.{name} is missing", shape.fields[name].about or "add it")


def _duration(shape: Shape, value: Any, place: str) -> None:
    duration(value, place)


def _time(shape: Shape, value: Any, place: str) -> None:
    moment(value, place)


def duration(value: Any, place: str) -> timedelta:
    """``30d``, ``24h``, ``1h30m``; raises `Malformed`."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value else None
    if match is None:
        raise _wrong(place, value, "a duration as 30d, 24h or 90m")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def moment(value: Any, place: str) -> datetime:
    """A day (its beginning, in UTC) or a time of RFC 3339; raises `Malformed`."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _wrong(place, value, "a time as 2026-12-01T00:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_CHECKS: dict[str, Callable[[Shape, Any, str], None]] = {
    "string": _text,
    "boolean": _boolean,
    "integer": _integer,
    "flexible": _flexible,
    "array": _list,
    "object": _object,
    "duration": _duration,
    "time": _time,
}


def _object_schema(shape: Shape) -> dict[str, Any]:
    if shape.free:
        return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    found: dict[str, Any] = {"type": "object"}
    if shape.fields:
        found["properties"] = {name: item.schema() for name, item in shape.fields.items()}
    if shape.each is not None:
        found["additionalProperties"] = shape.each.schema()
    if shape.required:
        found["required"] = list(shape.required)
    return found


def _list_schema(shape: Shape) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "array", "maxItems": MAX_ITEMS}
    if shape.each is not None:
        found["items"] = shape.each.schema()
    if shape.least:
        found["minItems"] = shape.least
    return found


def _integer_schema(shape: Shape) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "integer", "minimum": shape.least}
    return found | ({"maximum": shape.most} if shape.most else {})


_SCHEMAS: dict[str, Callable[[Shape], dict[str, Any]]] = {
    "string": lambda shape: {"type": "string"} | ({"minLength": 1} if shape.least else {}),
    "boolean": lambda shape: {"type": "boolean"},
    "integer": _integer_schema,
    "flexible": lambda shape: {"x-kubernetes-int-or-string": True},
    "array": _list_schema,
    "object": _object_schema,
    "duration": lambda shape: {"type": "string", "pattern": DURATION},
    "time": lambda shape: {"type": "string"},
}
