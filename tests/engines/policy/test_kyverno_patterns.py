"""Patterns with anchors and operators, and conditions with theirs."""

from __future__ import annotations

from typing import Any

import pytest

from assay.engines.policy.kyverno import conditions, operators
from assay.engines.policy.kyverno.patterns import mismatch
from assay.errors import LimitExceeded, Malformed


@pytest.mark.parametrize(
    ("value", "pattern", "wanted"),
    [
        ("nginx:1", "!*:latest", True),
        ("nginx:latest", "!*:latest", False),
        ("x", "?*", True),
        (None, "?*", False),
        ("", "?*", False),
        ("1Gi", ">512Mi", True),
        ("100m", "<1", True),
        ("1.5Gi", "1536Mi", True),
        ("30s", "<1m", True),
        (5, "1-10", True),
        (11, "1-10", False),
        (11, "1!-10", True),
        ("a", "a | b", True),
        ("abc", "a* & *c", True),
        ("abd", "a* & *c", False),
        (8080, "!8080", False),
        (True, "true", True),
        (True, False, False),
        ("5", 5, True),
        (5.0, 5, True),
        (1, True, False),
        (0, None, True),
        ({}, None, False),
        ({"a": 1}, {}, True),
        ("1.10.0", ">1.9.0", True),
        ("x", ">1", False),
    ],
)
def test_a_value_against_a_pattern(value: Any, pattern: Any, wanted: bool) -> None:
    assert operators.holds(value, pattern) is wanted


CONTAINERS: dict[str, Any] = {
    "metadata": {"labels": {"app.kubernetes.io/name": "shop"}},
    "spec": {
        "containers": [
            {"name": "a", "image": "nginx:1", "ports": [{"containerPort": 80}]},
            {"name": "b", "image": "nginx:latest", "securityContext": {"privileged": True}},
        ],
        "volumes": [{"name": "v", "emptyDir": {}}],
    },
}


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ({"spec": {"containers": [{"image": "nginx:*"}]}}, "pass"),
        ({"spec": {"containers": [{"image": "!*:latest"}]}}, "/spec/containers/1/image/"),
        ({"spec": {"containers": [{"(name)": "a", "image": "!*:latest"}]}}, "pass"),
        ({"spec": {"containers": [{"(name)": "z", "image": "!*:latest"}]}}, "skip"),
        (
            {"spec": {"containers": [{"=(securityContext)": {"=(privileged)": "false"}}]}},
            "/spec/containers/1/securityContext/privileged/",
        ),
        ({"spec": {"volumes": [{"X(hostPath)": "null"}]}}, "pass"),
        ({"spec": {"X(volumes)": "null"}}, "/spec/volumes/"),
        ({"spec": {"^(containers)": [{"image": "*:latest"}]}}, "pass"),
        ({"spec": {"^(containers)": [{"image": "busybox"}]}}, "/spec/containers/"),
        ({"spec": {"<(volumes)": [{"name": "other"}], "containers": [{"image": "x"}]}}, "skip"),
        ({"spec": {"missing": "*"}}, "/spec/"),
        ({"metadata": {"labels": {"app.kubernetes.io/*": "?*"}}}, "pass"),
        ({"metadata": {"labels": {"team/*": "?*"}}}, "/metadata/labels/team/*/"),
        ({"spec": "x"}, "/spec/"),
    ],
)
def test_an_object_against_a_pattern(pattern: Any, wanted: str) -> None:
    found = mismatch(CONTAINERS, pattern)
    assert ("pass" if found is None else "skip" if found.skip else found.path) == wanted


def test_a_pattern_has_a_bounded_depth() -> None:
    deep: Any = "x"
    item: Any = "x"
    for _ in range(200):
        deep, item = {"a": deep}, {"a": item}
    with pytest.raises(LimitExceeded):
        mismatch(item, deep)


@pytest.mark.parametrize(
    ("key", "operator", "value", "wanted"),
    [
        ("a", "Equals", "a*", True),
        ("1h", "Equals", "60m", True),
        ("1Gi", "Equals", "1024Mi", True),
        (1, "Equals", "1", True),
        ("1", "Equals", 1, False),
        (None, "NotEquals", "a", False),
        ("a", "NotEquals", "b", True),
        ([1], "Equals", [1], True),
        ("a", "In", ["a", "b"], True),
        (["a", "b"], "AllIn", ["a*", "b"], True),
        (["a", "z"], "AllIn", ["a"], False),
        (["a", "z"], "AnyIn", ["a"], True),
        (["a", "z"], "AnyNotIn", ["a"], True),
        (["a", "z"], "AllNotIn", ["a"], False),
        ([], "AnyIn", ["a"], False),
        ([], "AllIn", ["a"], True),
        (5, "AnyIn", "1-10", True),
        (["1", "50"], "AnyNotIn", "1-10", True),
        ("a", "AnyIn", '["a", "b"]', True),
        ({}, "AnyIn", ["a"], False),
        (5, "GreaterThan", "3", True),
        ("2h", "LessThan", "1h", False),
        (7200, "GreaterThanOrEquals", "2h", True),
        ("1.10.0", "GreaterThan", "1.9.0", True),
        ("200Mi", "LessThanOrEquals", "1Gi", True),
        ("10s", "DurationLessThan", 20, True),
        ("x", "GreaterThan", "y", False),
        (True, "GreaterThan", 0, False),
    ],
)
def test_a_condition(key: Any, operator: str, value: Any, wanted: bool) -> None:
    assert conditions.holds(key, operator, value) is wanted


def test_an_operator_that_is_not_known_is_refused() -> None:
    with pytest.raises(Malformed, match="no operator"):
        conditions.holds("a", "Resembles", "a")
