"""Policies in CEL with an odd value at every place: refused with the place, or evaluated; never a fault of ours."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fuzz.fuzz_cel_policies import POD, SEEDS, judge, run

ODD: list[Any] = [None, 1, 1.5, True, "x", [], {}, [1], [None], [[]], [{}], {"a": 1}]


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places inside of a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*place, key)
        yield from places(item, (*place, key))


def replaced(document: Any, place: tuple[Any, ...], odd: Any) -> Any:
    """The document with another value at a place."""
    changed = copy.deepcopy(document)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = odd
    return changed


@pytest.mark.parametrize("seed", range(len(SEEDS)))
def test_an_odd_value_anywhere_is_no_fault_of_ours(seed: int) -> None:
    document = json.loads(SEEDS[seed])
    run(SEEDS[seed])
    for place in places(document):
        for odd in ODD:
            run(json.dumps(replaced(document, place, odd)).encode())


def test_an_odd_object_is_no_fault_of_ours() -> None:
    policies = [item for seed in SEEDS for item in json.loads(seed)]
    pod = {**POD, "metadata": {**POD["metadata"], "annotations": {"a": "b"}, "ownerReferences": [{"uid": "1"}]}}
    for place in places(pod):
        for odd in ODD:
            judge(policies, replaced(pod, place, odd))


def test_an_object_that_is_nested_deep_is_no_fault_of_ours() -> None:
    policies = [item for seed in SEEDS for item in json.loads(seed)]
    match = policies[0]["spec"]["matchConstraints"]
    merge = {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{y: object.deep}"}}
    shown = {"expression": "object.deep == object.deep && '%s'.format([object]) != '' && md5(object) != ''"}
    for kind, spec in (("MutatingPolicy", {"mutations": [merge]}), ("ValidatingPolicy", {"validations": [shown]})):
        item = {"apiVersion": "policies.kyverno.io/v1", "kind": kind, "metadata": {"name": kind}}
        policies.append({**item, "spec": {"matchConstraints": match, **spec}})
    deep: Any = 1
    for _ in range(900):
        deep = {"a": deep}
    judge(policies, {**POD, "deep": deep})
