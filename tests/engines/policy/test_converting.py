"""Conversions to CEL: patterns and conditions hold for the same values as in the language that they come from."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from assay.engines.policy.converting import conditions as made_conditions
from assay.engines.policy.converting import patterns as made_patterns
from assay.engines.policy.converting import terms
from assay.engines.policy.converting.cel_text import Cel, Kind, negated, pattern, quoted
from assay.engines.policy.converting.losses import Notes, Unsayable
from assay.engines.policy.converting.queries import Queries
from assay.engines.policy.kyverno import conditions, operators, patterns
from assay.engines.policy.kyverno_cel.source import environment_for
from assay.engines.policy.queries.search import search

VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        5,
        10,
        -3,
        1.5,
        "",
        "a",
        "nginx:latest",
        "nginx:1",
        "5",
        "10",
        "1Gi",
        "500m",
        "2Gi",
        "true",
    ),
    *("90m", "1h", "v1.2.3", "1.2.0", "*", "a b", "it's", "line\nbreak", "registry.example/a"),
]
PATTERNS: list[Any] = [
    *(
        "?*",
        "*",
        "a",
        "!a",
        "nginx:*",
        "!*:latest",
        "a | b",
        "5",
        ">4",
        "<=10",
        ">= 1Gi",
        "<2Gi",
        "1-10",
        "1!-10",
        "!5",
    ),
    *("true", "registry.example/*|a", "<1h", ">=30m", "!?*", "it's", "*:* & !*:latest", True, False, 5, 1.5, None, "0"),
]
OPERATORS = ("Equals", "NotEquals", "AnyIn", "AllIn", "AnyNotIn", "AllNotIn", "GreaterThan", "LessThanOrEquals")
WANTED: list[Any] = ["a", "5", 5, True, ["a", "b"], ["nginx:*", "5"], "nginx:*", "1Gi", "1h", "1-10", ["*"], [], ""]


def told(expression: str, item: Any) -> bool:
    """What CEL says of an object."""
    names = ("oldObject", "request", "namespaceObject", "variables", "exceptions")
    return environment_for("").compile(expression).truth({"object": item, **dict.fromkeys(names)}, None)


@pytest.mark.parametrize("wanted", PATTERNS, ids=repr)
def test_scalars_against_patterns(wanted: Any) -> None:
    expression = terms.holds(Cel("object.?field", optional=True), wanted)
    for value in VALUES:
        item = {} if value is None else {"field": value}
        assert told(expression, item) == operators.holds(value, wanted), (value, expression)


ITEMS: list[Any] = [
    {"metadata": {"labels": labels} if labels is not None else {}, "spec": spec}
    for labels, spec in product(
        (None, {}, {"app": "a"}, {"app": "", "team": "b"}),
        (
            {"containers": []},
            {"containers": [{"name": "a", "image": "nginx:1"}]},
            {"containers": [{"image": "nginx:latest", "securityContext": {"privileged": True}}, {"image": "a"}]},
            {
                "containers": [{"image": "a", "securityContext": {}}],
                "volumes": [{"hostPath": {"path": "/x"}}, {"emptyDir": {}}],
            },
            {"containers": [{"image": "a", "resources": {"limits": {"memory": "1Gi"}}}], "hostNetwork": False},
        ),
    )
]


@pytest.mark.parametrize(
    "wanted",
    [
        {"metadata": {"labels": {"app": "?*"}}},
        {"spec": {"=(hostNetwork)": False}},
        {"spec": {"X(hostNetwork)": "null"}},
        {"spec": {"containers": [{"image": "!*:latest"}]}},
        {"spec": {"containers": [{"(image)": "nginx:*", "securityContext": {"privileged": True}}]}},
        {"spec": {"containers": [{"=(securityContext)": {"=(privileged)": False}}]}},
        {"spec": {"=(volumes)": [{"X(hostPath)": "null"}]}},
        {"spec": {"^(containers)": [{"image": "a"}]}},
        {"spec": {"<(hostNetwork)": False, "containers": [{"resources": {"limits": {"memory": "<=1Gi"}}}]}},
        {"(spec)": {"(volumes)": [{"hostPath": {"path": "/x"}}]}, "metadata": {"labels": {"app": "a"}}},
        {"metadata": {"labels": {"te*": "?*"}}},
        {"metadata": {"=(labels)": {"=(app)": "a"}}},
        {"spec": {"(hostNetwork)": False, "containers": [{"name": "?*"}]}},
        {"metadata": {"labels": "*"}},
    ],
    ids=repr,
)
def test_objects_against_patterns(wanted: Any) -> None:
    expression = made_patterns.verdict(Queries(Notes()), Cel("object", Kind.MAP), wanted).allowed
    for item in ITEMS:
        found = patterns.mismatch(item, wanted)
        assert told(expression, item) is (found is None or found.skip), (item, expression)


KEYS: list[Any] = [*VALUES[1:], ["a"], ["a", "c"], [], ["5", "nginx:1"], ["*"]]


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("wanted", WANTED, ids=repr)
def test_conditions(operator: str, wanted: Any) -> None:
    item = {"key": "{{ request.object.field }}", "operator": operator, "value": wanted}
    try:
        expression = made_conditions.condition(Queries(Notes()), item)
    except Unsayable:
        assert operator in ("GreaterThan", "LessThanOrEquals")
        return
    for key in KEYS:
        assert told(expression, {"field": key}) == conditions.holds(key, operator, wanted), (key, expression)


@pytest.mark.parametrize(
    "query",
    [
        "request.object.spec.containers[].image",
        "request.object.spec.containers[*].securityContext.privileged",
        "request.object.spec.containers[?image == 'a'].image",
        "request.object.spec.[initContainers, containers][].image",
        "length(request.object.spec.containers)",
        "request.object.spec.volumes || `[]`",
        "request.object.metadata.labels.app || 'none'",
        "keys(request.object.metadata.labels || `{}`)",
        "request.object.spec.containers[0].image || ''",
        "request.object.spec.containers[].image | contains(@, 'a')",
        "request.object.spec.containers[].keys(@)[]",
        "starts_with(request.object.metadata.labels.app || '', 'a') && !(request.object.spec.hostNetwork)",
        "not_null(request.object.spec.hostNetwork, `true`)",
        "request.object.metadata.labels.* || `[]`",
        "to_upper(request.object.metadata.labels.app || '')",
        "join(',', request.object.spec.containers[].image)",
    ],
)
def test_queries(query: str) -> None:
    expression = Queries(Notes()).query(query).closed()
    program = environment_for("").compile(expression)
    for item in ITEMS:
        if query.endswith("'none'") and item["metadata"].get("labels", {}).get("app") == "":
            continue  # told as a loss: an empty text is not replaced
        names = ("oldObject", "request", "namespaceObject", "variables", "exceptions")
        found = program.evaluate({"object": item, **dict.fromkeys(names)}, None)
        wanted = search(query, {"request": {"object": item}})
        assert (sorted(found) if "keys" in query else found) == (sorted(wanted) if "keys" in query else wanted), item


@pytest.mark.parametrize(
    "query", ["request.object.a[0:2]", "x509_decode(request.object.a)", "unknown.a", "request.roles"]
)
def test_what_cannot_be_said_is_refused(query: str) -> None:
    with pytest.raises(Unsayable):
        Queries(Notes()).query(query)


def test_texts_cannot_leave_their_quotes() -> None:
    for text in ("it's", "\\", "\\'", "a\n'b", "') || true || ('"):
        assert told(f"object.a == {quoted(text)}", {"a": text})
        assert told(f"object.a.matches({quoted(pattern(text))})", {"a": text})


def test_negation_of_what_stands_in_no_parentheses() -> None:
    assert negated("a == b") == "!(a == b)"
    assert negated("(a) || (b)") == "!((a) || (b))"
    assert negated("!(a == b)") == "(a == b)"
    assert negated("f('a b')") == "!f('a b')"
