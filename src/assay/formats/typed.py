"""Values of declared types (dataclasses, named tuples ...) out of JSON, MessagePack or plain objects, by msgspec.

msgspec learns a type when it first meets it and keeps what it knows on the class, while it learns too: two threads
that meet the same class at once can end the process (seen in 0.22). So types are learned here, one at a time.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, TypeVar

import msgspec

_Kind = TypeVar("_Kind")
_LEARNING = Lock()
_JSON: dict[object, msgspec.json.Decoder[Any]] = {}
_MSGPACK: dict[object, msgspec.msgpack.Decoder[Any]] = {}


def json_decoder(kind: type[_Kind]) -> msgspec.json.Decoder[_Kind]:
    """The decoder of a type; made once."""
    found = _JSON.get(kind)
    if found is None:
        with _LEARNING:
            found = _JSON[kind] = msgspec.json.Decoder(kind)
    return found


def msgpack_decoder(kind: type[_Kind]) -> msgspec.msgpack.Decoder[_Kind]:
    """As `json_decoder`, of MessagePack."""
    found = _MSGPACK.get(kind)
    if found is None:
        with _LEARNING:
            found = _MSGPACK[kind] = msgspec.msgpack.Decoder(kind)
    return found


def convert(value: object, kind: Any) -> Any:
    """A value of the type `kind` out of plain objects; raises `msgspec.ValidationError` for those of another shape."""
    json_decoder(kind)
    return msgspec.convert(value, kind)
