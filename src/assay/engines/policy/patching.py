"""JSON Patch (RFC 6902), applied as the API server does it to admission patches.

An ``add`` makes the objects on the way that are missing, and a ``remove`` of what is not there changes nothing.
The document that is given stays as it is; what a patch touches is copied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assay.errors import LimitExceeded, Malformed
from assay.model.policy import Object

MAX_OPERATIONS = 10_000
MAX_DEPTH = 64
_ABSENT = object()


def apply(document: Object, operations: Sequence[Mapping[str, Any]], make_missing: bool = True) -> Object:
    """`document` after `operations`, in order; raises `Malformed` for one that cannot be done, with its number."""
    if len(operations) > MAX_OPERATIONS:
        raise LimitExceeded(f"a patch has over {MAX_OPERATIONS} operations")
    found: Any = document
    for number, operation in enumerate(operations):
        try:
            found = _operate(found, operation, make_missing)
        except Malformed as error:
            raise Malformed(f"operation {number} of the patch: {error}") from error
    if not isinstance(found, dict):
        raise Malformed("the patch leaves no object")
    return found


def _operate(document: Any, operation: Mapping[str, Any], make: bool) -> Any:
    path = _pointer(operation.get("path"))
    match operation.get("op"):
        case "add":
            return _set(document, path, operation.get("value"), True, make)
        case "replace":
            _get(document, path)
            return _set(document, path, operation.get("value"), False, False)
        case "remove":
            return _remove(document, path, make)
        case "move":
            source = _pointer(operation.get("from"))
            value = _get(document, source)
            return _set(_remove(document, source, False), path, value, True, make)
        case "copy":
            return _set(document, path, _get(document, _pointer(operation.get("from"))), True, make)
        case "test":
            return _test(document, path, operation.get("value"))
    raise Malformed(f"{operation.get('op')!r:.40} is none of add, remove, replace, move, copy, test")


def _test(document: Any, path: list[str], value: Any) -> Any:
    found = _get(document, path, _ABSENT)
    if (None if found is _ABSENT else found) != value:
        raise Malformed(f"the test of {_shown(path)} fails")
    return document


def _pointer(text: Any) -> list[str]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise Malformed(f"{text!r:.100} is no JSON pointer")
    parts = [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]
    if len(parts) > MAX_DEPTH:
        raise LimitExceeded(f"a JSON pointer has over {MAX_DEPTH} parts")
    return parts


def _shown(path: list[str]) -> str:
    return "/" + "/".join(path)[:200]


def _get(document: Any, path: list[str], default: Any = None) -> Any:
    for part in path:
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif isinstance(document, list) and (at := _index(document, part, False)) is not None:
            document = document[at]
        elif default is _ABSENT:
            return _ABSENT
        else:
            raise Malformed(f"there is nothing at {_shown(path)}")
    return document


def _index(items: list[Any], part: str, after: bool) -> int | None:
    """The place in `items`; one beyond the last only where something is put (`after`)."""
    if after and part == "-":
        return len(items)
    if part[:1] == "-" and part[1:].isdigit() and len(part) < 6:  # from the end, as the API server has it
        at = len(items) + int(part) + (1 if after else 0)
        return at if at >= 0 else None
    if not part.isascii() or not part.isdigit() or len(part) > 6:
        return None
    at = int(part)
    return at if at < len(items) or (after and at == len(items)) else None


def _set(document: Any, path: list[str], value: Any, insert: bool, make: bool) -> Any:
    if not path:
        return value
    part, rest = path[0], path[1:]
    if isinstance(document, dict):
        if rest and part not in document:
            if not make:
                raise Malformed(f"there is nothing at {_shown(path)}")
            return {**document, part: _set(_container(rest[0]), rest, value, insert, make)}
        return {**document, part: _set(document.get(part), rest, value, insert, make)}
    if isinstance(document, list) and (at := _index(document, part, insert and not rest)) is not None:
        if rest:
            return [*document[:at], _set(document[at], rest, value, insert, make), *document[at + 1 :]]
        return [*document[:at], value, *document[at if insert else at + 1 :]]
    if isinstance(document, list) and not document and rest and make and part in ("0", "-1"):
        return [_set(_container(rest[0]), rest, value, insert, make)]
    if document is None and make:
        return _set(_container(part), path, value, insert, make)
    raise Malformed(f"there is no place for {_shown(path)}")


def _container(part: str) -> Any:
    return [] if part in ("-", "0", "-1") else {}


def _remove(document: Any, path: list[str], lenient: bool) -> Any:
    if not path:
        raise Malformed("the whole document cannot be removed")
    part, rest = path[0], path[1:]
    if isinstance(document, dict) and part in document:
        if rest:
            return {**document, part: _remove(document[part], rest, lenient)}
        return {key: value for key, value in document.items() if key != part}
    if isinstance(document, list) and (at := _index(document, part, False)) is not None:
        inner = [_remove(document[at], rest, lenient)] if rest else []
        return [*document[:at], *inner, *document[at + 1 :]]
    if lenient:
        return document
    raise Malformed(f"there is nothing at {_shown(path)}")
