"""What macros do when they are evaluated: rounds over a list or a map, each of them paid for.

The variables of a macro have places of their own in the frame, so that nothing is to be put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from assay.engines.policy.cel.faults import Untold, no_overload
from assay.engines.policy.cel.frame import Frame, items
from assay.engines.policy.cel.macros import Macro
from assay.engines.policy.cel.pieces import Code
from assay.engines.policy.cel.values import Opaque, Value


def _rounds(macro: Macro, frame: Frame, value: Value) -> Iterator[None]:
    """Bind the variables to each item of `value` in turn."""
    first, second, spend = macro.first, macro.second, frame.spending.spend
    if second:
        for frame[first], frame[second] in _pairs(value):
            spend()
            yield
    else:
        for frame[first] in _singles(value):
            spend()
            yield


def _singles(value: Value) -> Any:
    if type(value) in (list, dict):
        return value
    if isinstance(value, Opaque) and (keys := getattr(value, "keys", None)) is not None:
        return keys()
    raise no_overload("comprehension", value)


def _pairs(value: Value) -> Any:
    if type(value) is dict:
        return value.items()
    if type(value) is list:
        return enumerate(value)
    raise no_overload("comprehension", value)


def _deciding(name: str, decides: bool) -> Callable[[Macro, Code, Code, None], Code]:
    """``all`` (decided by a false) and ``exists`` (by a true); errors count only where nothing decides."""

    def make(macro: Macro, over: Code, predicate: Code, _: None) -> Code:
        def decide(frame: Frame) -> bool:
            fault: Untold | None = None
            for _ in _rounds(macro, frame, over(frame)):
                try:
                    value: object = predicate(frame)
                    if value is decides:
                        return decides
                    if value is not (not decides):
                        fault = no_overload(name, value)
                except Untold as error:
                    fault = fault or error
            if fault is not None:
                raise fault
            return not decides

        return decide

    return make


def _true(predicate: Code, frame: Frame) -> bool:
    value = predicate(frame)
    if type(value) is not bool:
        raise no_overload("predicate", value)
    return value is True


def _exists_one(macro: Macro, over: Code, predicate: Code, _: None) -> Code:
    return lambda frame: sum(_true(predicate, frame) for _ in _rounds(macro, frame, over(frame))) == 1


def _map(macro: Macro, over: Code, predicate: Code | None, transform: Code) -> Code:
    if predicate is None:
        return lambda frame: [transform(frame) for _ in _rounds(macro, frame, over(frame))]
    return lambda frame: [transform(frame) for _ in _rounds(macro, frame, over(frame)) if _true(predicate, frame)]


def _transform_map(macro: Macro, over: Code, predicate: Code | None, transform: Code) -> Code:
    def make(frame: Frame) -> dict[Value, Value]:
        found: dict[Value, Value] = {}
        for _ in _rounds(macro, frame, over(frame)):
            if predicate is None or _true(predicate, frame):
                found[frame[macro.first]] = transform(frame)
        return found

    return make


def _transform_entries(macro: Macro, over: Code, predicate: Code | None, transform: Code) -> Code:
    def make(frame: Frame) -> dict[Value, Value]:
        found: dict[Value, Value] = {}
        for _ in _rounds(macro, frame, over(frame)):
            if predicate is None or _true(predicate, frame):
                _insert(found, transform(frame))
        return found

    return make


def _insert(found: dict[Value, Value], entry: Value) -> None:
    if type(entry) is not dict:
        raise no_overload("transformMapEntry", entry)
    if twice := found.keys() & entry.keys():
        raise Untold(f"insert failed: key {min(map(str, twice)):.80} already exists")
    found.update(entry)


def _sort(macro: Macro, over: Code, _: None, transform: Code) -> Code:
    def make(frame: Frame) -> list[Value]:
        value = over(frame)
        keys = [transform(frame) for _ in _rounds(macro, frame, value)]
        if len({type(key) for key in keys}) > 1:
            raise Untold("sortBy needs keys of one type")
        try:
            return items([item for _, item in sorted(zip(keys, value, strict=True), key=lambda pair: pair[0])])
        except TypeError as error:
            raise Untold("sortBy needs keys that have an order") from error

    return make


def _bind(macro: Macro, value: Code, _: None, body: Code) -> Code:
    """``cel.bind(name, value, body)``."""

    def bound(frame: Frame) -> Value:
        frame[macro.first] = value(frame)
        return body(frame)

    return bound


ROUNDS: dict[str, Callable[..., Code]] = {
    "all": _deciding("all", False),
    "exists": _deciding("exists", True),
    "existsOne": _exists_one,
    "map": _map,
    "transformList": _map,
    "transformMap": _transform_map,
    "transformMapEntry": _transform_entries,
    "sortBy": _sort,
    "bind": _bind,
}
