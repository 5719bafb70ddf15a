"""Patches of objects: JSON Patch as the API server applies it, and apply configurations merged by their keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.engines.policy import applying, patching
from assay.errors import LimitExceeded, Malformed
from assay.formats.json_patch import diff

PATCHES: list[tuple[Any, list[Any], Any]] = [
    ({"a": 1}, [{"op": "add", "path": "/b", "value": 2}], {"a": 1, "b": 2}),
    ({}, [{"op": "add", "path": "/a/b/c", "value": 1}], {"a": {"b": {"c": 1}}}),
    ({}, [{"op": "add", "path": "/a/-", "value": 1}], {"a": [1]}),
    ({"a": [1, 3]}, [{"op": "add", "path": "/a/1", "value": 2}], {"a": [1, 2, 3]}),
    ({"a": [1]}, [{"op": "add", "path": "/a/-", "value": 2}], {"a": [1, 2]}),
    ({"a": [1, 2]}, [{"op": "replace", "path": "/a/0", "value": 9}], {"a": [9, 2]}),
    ({"a": [1, 2]}, [{"op": "remove", "path": "/a/0"}], {"a": [2]}),
    ({"a": 1}, [{"op": "remove", "path": "/b/c"}], {"a": 1}),
    ({"a": 1}, [{"op": "move", "from": "/a", "path": "/b"}], {"b": 1}),
    ({"a": {"x": 1}}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": {"x": 1}, "b": {"x": 1}}),
    ({"a/b": {"~": 1}}, [{"op": "replace", "path": "/a~1b/~0", "value": 2}], {"a/b": {"~": 2}}),
    ({"a": 1}, [{"op": "test", "path": "/a", "value": 1}, {"op": "remove", "path": "/a"}], {}),
    ({"a": None}, [{"op": "add", "path": "/a/b", "value": 1}], {"a": {"b": 1}}),
]


@pytest.mark.parametrize(("document", "operations", "wanted"), PATCHES)
def test_a_json_patch_is_applied(document: Any, operations: Any, wanted: Any) -> None:
    before = repr(document)
    assert patching.apply(document, operations) == wanted
    assert repr(document) == before, "the document that was given is changed"


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "move", "from": "/missing", "path": "/b"},
        {"op": "test", "path": "/a", "value": 2},
        {"op": "add", "path": "/l/9", "value": 1},
        {"op": "add", "path": "/l/x", "value": 1},
        {"op": "add", "path": "/a/b", "value": 1},
        {"op": "add", "path": "a", "value": 1},
        {"op": "shout", "path": "/a"},
        {"op": "remove", "path": ""},
        {"op": "replace", "path": "", "value": [1]},
        {"path": "/a"},
    ],
)
def test_a_json_patch_that_cannot_be_applied_is_refused_with_its_number(operation: Any) -> None:
    with pytest.raises(Malformed, match="patch"):
        patching.apply({"a": 1, "l": [1]}, [operation])


def test_patches_are_bounded() -> None:
    with pytest.raises(LimitExceeded):
        patching.apply({}, [{"op": "add", "path": "/a", "value": 1}] * (patching.MAX_OPERATIONS + 1))
    with pytest.raises(Malformed):
        patching.apply({}, [{"op": "add", "path": "/a" * 1000, "value": 1}])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.dictionaries(st.text("ab/~", max_size=2), json_values), st.dictionaries(st.text("ab/~", max_size=2), json_values)
)
def test_the_difference_of_two_documents_turns_one_into_the_other(old: Any, new: Any) -> None:
    assert patching.apply(old, diff(old, new), make_missing=False) == new  # type: ignore[arg-type]


POD: dict[str, Any] = {
    "metadata": {"name": "a", "labels": {"x": "1"}, "finalizers": ["one"]},
    "spec": {
        "containers": [
            {"name": "a", "image": "a:1", "env": [{"name": "E", "value": "1"}], "args": ["x"]},
            {"name": "b", "image": "b:1", "ports": [{"containerPort": 80}]},
        ],
        "tolerations": [{"key": "old"}],
    },
}


@pytest.mark.parametrize(
    ("applied", "path", "wanted"),
    [
        ({"metadata": {"labels": {"y": "2"}}}, ("metadata", "labels"), {"x": "1", "y": "2"}),
        ({"metadata": {"finalizers": ["two", "one"]}}, ("metadata", "finalizers"), ["two", "one"]),
        ({"spec": {"tolerations": [{"key": "new"}]}}, ("spec", "tolerations"), [{"key": "new"}]),
        ({"spec": {"containers": [{"name": "a", "args": ["y"]}]}}, ("spec", "containers", 0, "args"), ["y"]),
        (
            {"spec": {"containers": [{"name": "a", "env": [{"name": "F", "value": "2"}]}]}},
            ("spec", "containers", 0, "env"),
            [{"name": "E", "value": "1"}, {"name": "F", "value": "2"}],
        ),
        (
            {
                "spec": {
                    "containers": [{"name": "b", "ports": [{"containerPort": 80, "protocol": "TCP", "name": "web"}]}]
                }
            },
            ("spec", "containers", 1, "ports"),
            [{"containerPort": 80, "protocol": "TCP", "name": "web"}],
        ),
    ],
)
def test_an_apply_configuration_is_merged_by_the_keys_of_its_lists(applied: Any, path: Any, wanted: Any) -> None:
    found: Any = applying.merge(POD, applied)
    for part in path:
        found = found[part]
    assert found == wanted


@pytest.mark.parametrize(
    ("names", "wanted"),
    [(["c"], "abc"), (["c", "b"], "acb"), (["b", "c"], "abc"), (["b", "a"], "ab"), ([], "ab")],
)
def test_new_items_keep_their_place_among_those_that_were_there(names: list[str], wanted: str) -> None:
    found = applying.merge(POD, {"spec": {"containers": [{"name": name} for name in names]}})
    assert "".join(item["name"] for item in found["spec"]["containers"]) == wanted


def test_items_without_keys_or_twice_are_refused() -> None:
    for items in ([{"image": "x"}], [{"name": "a"}, {"name": "a"}], ["a"]):
        with pytest.raises(Malformed):
            applying.merge(POD, {"spec": {"containers": items}})


def test_fields_that_would_be_replaced_as_a_whole_are_named() -> None:
    assert applying.atomic({"spec": {"tolerations": [{"key": "a"}]}}) == ".spec.tolerations"
    assert applying.atomic({"spec": {"nodeSelector": {"a": "b"}}}) == ".spec.nodeSelector"
    assert applying.atomic({"spec": {"containers": [{"name": "a", "args": ["x"]}]}}) == ".spec.containers[0].args"
    assert applying.atomic({"spec": {"containers": [{"name": "a", "env": [{"name": "E"}]}]}}) == ""
