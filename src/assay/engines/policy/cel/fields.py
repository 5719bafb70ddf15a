"""Fields of policies, read strictly: an unknown one, or one of the wrong type, is refused by its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NoReturn

from assay.errors import Malformed

Object = dict[str, Any]


def wrong(place: str, what: str) -> NoReturn:
    """Raise `Malformed` for what stands at `place`."""
    raise Malformed(f"{place}: {what}", "mend the policy: what cannot be evaluated is not loaded")


def only(item: Object, known: Collection[str], place: str) -> None:
    """Raises `Malformed` for the first field of `item` that is not `known`."""
    for field in item:
        if field not in known:
            wrong(f"{place}.{field}", "this field is not known")


def mapping(item: Object, field: str, place: str) -> Object:
    """The object in `field`; an empty one where it is absent."""
    found = item.get(field)
    if found is None:
        return {}
    if not isinstance(found, dict):
        wrong(f"{place}.{field}", f"not an object but {type(found).__name__}")
    return found


def text(item: Object, field: str, place: str, choices: Collection[str] = (), default: str = "") -> str:
    """The text in `field`, one of `choices` if there are any."""
    found = item.get(field)
    if found is None:
        return default
    if not isinstance(found, str):
        wrong(f"{place}.{field}", f"not a text but {type(found).__name__}")
    if choices and found not in choices:
        wrong(f"{place}.{field}", f"{found!r:.80} is none of {', '.join(choices)}")
    return found


def flag(item: Object, field: str, place: str, default: bool) -> bool:
    """The truth in `field`."""
    found = item.get(field)
    if found is None:
        return default
    if not isinstance(found, bool):
        wrong(f"{place}.{field}", f"not true or false but {type(found).__name__}")
    return found


def texts(item: Object, field: str, place: str) -> tuple[str, ...]:
    """The texts in the list `field`."""
    found = item.get(field)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(value, str) for value in found):
        wrong(f"{place}.{field}", "not a list of texts")
    return tuple(found)


def objects(item: Object, field: str, place: str) -> Iterator[tuple[Object, str]]:
    """The objects in the list `field`, each with its place."""
    found = item.get(field)
    if found is None:
        return
    if not isinstance(found, list):
        wrong(f"{place}.{field}", f"not a list but {type(found).__name__}")
    for number, value in enumerate(found):
        where = f"{place}.{field}[{number}]"
        if not isinstance(value, dict):
            wrong(where, f"not an object but {type(value).__name__}")
        yield value, where
