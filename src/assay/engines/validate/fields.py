"""Fields of a JSON document that has no schema to hold it against: whether they are there, and of which kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.engines.validate.problem import Problem
from assay.formats.json import Json, Object

_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "text": str,
    "list": list,
    "object": dict,
    "integer": int,
    "list or null": (list, type(None)),
    "scalar": (str, int, float, bool, type(None)),
}
_SHOWN = 100
"""Characters of a key that are told."""


def check(value: Object, path: str, wanted: Mapping[str, str], optional: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with the members of `value`, which is found at `path`: each is meant to be one of `_KINDS`."""
    yield from (Problem(at(path, key), "is missing") for key in wanted if key not in value)
    for key, kind in {**optional, **wanted}.items():
        if key in value and not is_a(value[key], kind):
            yield Problem(at(path, key), f"is no {kind}")


def is_a(value: Json, kind: str) -> bool:
    """Whether a value is of one of the `_KINDS`; a truth value is no integer."""
    return isinstance(value, _KINDS[kind]) and not (kind == "integer" and isinstance(value, bool))


def at(path: str, key: str) -> str:
    """The place of a member: ``source.id``, ``manifests["package-lock.json"]`` where the key is no plain name."""
    if key.isidentifier() and len(key) <= _SHOWN:
        return f"{path}.{key}" if path else key
    text = key[:_SHOWN].replace("\\", "\\\\").replace('"', '\\"')
    return f'{path}["{text}"]'
