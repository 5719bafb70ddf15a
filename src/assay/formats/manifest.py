"""Kubernetes manifests: YAML streams (or JSON) of objects, with the scalar types that Kubernetes' own reader gives.

Example: ``apiVersion: v1\\nkind: Pod\\nmetadata: {name: a}\\n---\\n...``. Kubernetes reads YAML through
``sigs.k8s.io/yaml``, which turns YAML 1.1 into JSON: ``yes``, ``y``, ``on`` are booleans, ``0755`` is octal, ``1.10``
is a number, dates are texts. A ``List`` (any kind that ends so and has ``items``) stands for its items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assay.errors import Malformed
from assay.formats.json import Json, Object
from assay.formats.yaml import documents

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS: dict[str, bool] = {
    spelling: value
    for words, value in ((("true", "yes", "on", "y"), True), (("false", "no", "off", "n"), False))
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
_RADIX = re.compile(r"([-+]?)0(?:x([0-9a-fA-F_]+)|b([01_]+)|o?([0-7_]+))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
MAX_DIGITS = 400
"""Characters of a number; longer ones stay text."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """An object of a stream: where it stands, and what it says."""

    object: Object
    file: str
    line: int

    @property
    def place(self) -> str:
        """For messages, ``FILE:LINE``."""
        return f"{self.file}:{self.line}"


def read(data: bytes | str, file: str) -> list[Manifest]:
    """The objects in `data`; empty documents are left out.

    Raises `Malformed` (with file and line) for what is no YAML or no mapping, `LimitExceeded` as `formats.yaml`.
    """
    found: list[Manifest] = []
    for document in documents(data, scalar):
        if document.value is None:
            continue
        if not isinstance(document.value, dict):
            raise Malformed(f"{file}:{document.line}: not an object but {type(document.value).__name__}")
        merged = _merge(document.value)
        found += [Manifest(item, file, document.line) for item in _items(merged if isinstance(merged, dict) else {})]
    return found


def scalar(text: str, plain: bool) -> Json:
    """The value of a YAML scalar as Kubernetes reads it."""
    if not plain:
        return text
    if text in _NULLS:
        return None
    if (truth := _BOOLEANS.get(text)) is not None:
        return truth
    if text[0] in "-+.0123456789" and len(text) < MAX_DIGITS:
        return _number(text)
    return text


def _number(text: str) -> Json:
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(text):
        return int(digits)
    if match := _RADIX.fullmatch(text):
        sign, hexadecimal, binary, octal = match.groups()
        value = int((hexadecimal or binary or octal).replace("_", "") or "0", 16 if hexadecimal else 2 if binary else 8)
        return -value if sign == "-" else value
    if _FLOAT.fullmatch(text) and any(character.isdigit() for character in text):
        return float(digits)
    return text


def _merge(value: Json) -> Json:
    """`value` with the merge keys (``<<``) of its mappings followed, as YAML 1.1 has them."""
    if isinstance(value, list):
        return [_merge(item) for item in value]
    if not isinstance(value, dict):
        return value
    inherited: Object = {}
    for source in _sources(value.get("<<")):
        inherited = {**source, **inherited}
    own = {key: _merge(item) for key, item in value.items() if key != "<<"}
    return {**{key: _merge(item) for key, item in inherited.items()}, **own}


def _sources(value: Json) -> list[Object]:
    candidates = value if isinstance(value, list) else [value]
    return [item for item in candidates if isinstance(item, dict)]


def _items(value: Object) -> Iterator[Object]:
    kind, items = value.get("kind"), value.get("items")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(items, list):
        yield from (item for item in items if isinstance(item, dict))
    else:
        yield value
