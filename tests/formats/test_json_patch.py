"""JSON Patch: what is made turns the one document into the other."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import LimitExceeded
from assay.formats.json_patch import MAX_DEPTH, diff

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("a/~", max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~0", max_size=3), inner, max_size=4),
    max_leaves=12,
)


def applied(document: Any, operations: list[Any]) -> Any:
    """RFC 6902, as far as it is written here."""
    for operation in operations:
        parts = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        if not parts:
            document = operation["value"]
            continue
        holder = document
        for part in parts[:-1]:
            holder = holder[int(part)] if isinstance(holder, list) else holder[part]
        last = parts[-1]
        if isinstance(holder, list):
            if operation["op"] == "add":
                holder.insert(len(holder) if last == "-" else int(last), operation["value"])
            elif operation["op"] == "remove":
                del holder[int(last)]
            else:
                holder[int(last)] = operation["value"]
        elif operation["op"] == "remove":
            del holder[last]
        else:
            assert (operation["op"] == "replace") == (last in holder)
            holder[last] = operation["value"]
    return document


def same(one: Any, other: Any) -> bool:
    """Equal, with 1 and True told apart."""
    return repr(one) == repr(other) or (one == other and isinstance(one, dict))


@given(VALUES, VALUES)
def test_the_operations_turn_the_one_into_the_other(old: Any, new: Any) -> None:
    found = applied(copy.deepcopy(old), copy.deepcopy(diff(old, new)))
    assert found == new
    assert (diff(old, new) == []) == same(old, new) or old == new


def test_keys_are_escaped_and_lists_grow_at_their_end() -> None:
    assert diff({"a": [1]}, {"a": [1, 2], "b/c~d": 1}) == [
        {"op": "add", "path": "/a/-", "value": 2},
        {"op": "add", "path": "/b~1c~0d", "value": 1},
    ]


def test_depth_is_bounded() -> None:
    deep: Any = 1
    other: Any = 2
    for _ in range(MAX_DEPTH + 2):
        deep, other = [deep], [other]
    with pytest.raises(LimitExceeded):
        diff(deep, other)
