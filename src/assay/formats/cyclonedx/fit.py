"""A document of the newest version made to fit an older one, and word of what had to go.

``fields.json`` holds for each object ``{"fields": {NAME: {"since", "until", "holds", "values"}}, "required": []}``:
since when (and until when) a field is known, which objects it can hold, since when which values of an enumeration
are known. `downgrade` says what can be said otherwise; the rest is taken out here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from assay.formats import json
from assay.formats.json import Json, Object

OLDEST = "1.2"
NEWEST = "1.7"


class _Field(NamedTuple):
    since: str
    until: str
    holds: tuple[str, ...]
    values: Mapping[str, str]


class _Shape(NamedTuple):
    fields: Mapping[str, _Field]
    required: tuple[str, ...]


@cache
def _shapes() -> Mapping[str, _Shape]:
    table = cast("dict[str, Any]", json.load_object(Path(__file__).with_name("fields.json").read_bytes()))
    return {
        name: _Shape({field: _field(entry) for field, entry in shape["fields"].items()}, tuple(shape["required"]))
        for name, shape in table.items()
    }


def _field(entry: dict[str, object]) -> _Field:
    holds, values = entry.get("holds"), entry.get("values")
    return _Field(
        str(entry.get("since", OLDEST)),
        str(entry.get("until", NEWEST)),
        tuple(holds) if isinstance(holds, list) else (),
        values if isinstance(values, dict) else MappingProxyType({}),
    )


def fit(document: Object, version: str, foreign: bool = False) -> tuple[Object, Counter[str]]:
    """`document` as `version` can hold it, and how often what was lost (``component.tags``).

    Keys that start with ``@`` are parts of foreign namespaces (see `xml_shape`), kept where `foreign` says so.
    """
    lost: Counter[str] = Counter()
    fitted = _Fitter(version, lost, foreign).object(document, "bom")
    return fitted if fitted is not None else {}, lost


class _Fitter:
    """One pass over a document."""

    def __init__(self, version: str, lost: Counter[str], foreign: bool) -> None:
        self._version = version
        self._lost = lost
        self._foreign = foreign
        self._shapes = _shapes()
        from assay.formats.cyclonedx import downgrade

        self._in_older_words = downgrade.apply

    def object(self, value: Object, name: str) -> Object | None:
        """What is left of an object; None when nothing is, or when something that it needs is gone."""
        shape = self._shapes[name]
        kept: Object = {}
        in_older_words = self._in_older_words(name, value, self._version, self._lost)
        if value and not in_older_words:
            self._lost[name] += 1
        for key, item in in_older_words.items():
            if self._foreign and key.startswith("@"):
                kept[key] = item
                continue
            field = shape.fields.get(key)
            if field is None or not field.since <= self._version <= field.until:
                self._lost[f"{name}.{key}"] += 1
                continue
            left = self._value(item, field, f"{name}.{key}")
            if left is not None:
                kept[key] = left
        if (value and not kept) or any(key in value and key not in kept for key in shape.required):
            return None
        return kept

    def _value(self, value: Json, field: _Field, path: str) -> Json:
        if isinstance(value, list):
            items = [self._value(item, field, path) for item in value]
            left: list[Json] = [item for item in items if item is not None]
            return left if left or not value else None
        if isinstance(value, dict) and field.holds:
            return self.object(value, self._best(value, field.holds))
        if isinstance(value, str) and field.values and field.values.get(value, "9") > self._version:
            self._lost[f"{path}={value[:40]}"] += 1
            return None
        return value

    def _best(self, value: Object, names: tuple[str, ...]) -> str:
        """Which of the objects that may stand here this one is: the one that knows most of its fields."""
        if len(names) == 1:
            return names[0]
        return max(names, key=lambda name: sum(key in self._shapes[name].fields for key in value))


def reference_since(kind: str) -> str:
    """The first version that knows this type of external reference; later than any for an unknown one."""
    return _shapes()["externalReference"].fields["type"].values.get(kind, "9")


def since(path: str) -> str:
    """The first version that knows a field (``component.tags``) or a value (``hash.alg=Streebog-256``); else empty."""
    where, _, value = path.partition("=")
    name, _, key = where.rpartition(".")
    shape = _shapes().get(name)
    field = shape.fields.get(key) if shape is not None else None
    if field is None:
        return ""
    return field.values.get(value, "") if value else field.since
