"""Values of declared types (dataclasses, named tuples ...) out of JSON, MessagePack or plain objects, by msgspec.

msgspec learns a type when it first meets it and keeps what it knows on the class, while it learns too: two threads
that meet the same class at once can end the process (seen in 0.22). So types are learned here, one at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

import msgspec

_Kind = TypeVar("_Kind")
_Decoder = TypeVar("_Decoder")
_LEARNING = Lock()
_JSON: dict[object, msgspec.json.Decoder[Any]] = {}
_MSGPACK: dict[object, msgspec.msgpack.Decoder[Any]] = {}


def json_decoder(kind: type[_Kind]) -> msgspec.json.Decoder[_Kind]:
    """The decoder of a type; made once."""
    return _JSON.get(kind) or _learnt(_JSON, kind, msgspec.json.Decoder)


def msgpack_decoder(kind: type[_Kind]) -> msgspec.msgpack.Decoder[_Kind]:
    """As `json_decoder`, of MessagePack."""
    return _MSGPACK.get(kind) or _learnt(_MSGPACK, kind, msgspec.msgpack.Decoder)


def _learnt(known: dict[object, _Decoder], kind: Any, make: Callable[[Any], _Decoder]) -> _Decoder:
    with _LEARNING:
        return known.setdefault(kind, make(kind))


def convert(value: object, kind: Any) -> Any:
    """A value of the type `kind` out of plain objects; raises `msgspec.ValidationError` for those of another shape."""
    json_decoder(kind)
    return msgspec.convert(value, kind)
