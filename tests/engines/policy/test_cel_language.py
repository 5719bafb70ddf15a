"""CEL as the specification has it: values, errors, macros, and the same answers as the reference implementation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cel_expr_python import cel
from cel_expr_python.ext import ext_bindings, ext_encoders, ext_math, ext_optional, ext_strings
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines.policy.cel.balancing import balanced
from assay.engines.policy.cel.environment import Environment
from assay.engines.policy.cel.faults import NoCel, Untold
from assay.engines.policy.cel.libraries import EVERYTHING
from assay.engines.policy.cel.values import NONE, Optional, TypeName, UInt, Value, equal, plain

OBJECT: dict[str, Any] = {
    "metadata": {"name": "web", "labels": {"app": "web", "tier": "front"}, "annotations": None},
    "spec": {
        "replicas": 3,
        "ratio": 0.5,
        "paused": False,
        "containers": [{"name": "a", "image": "x:1", "ports": [80, 443]}, {"name": "b", "image": "y:latest"}],
    },
}
ENVIRONMENT = Environment(("object", "oldObject", "x"), EVERYTHING)


def evaluate(text: str, **more: Any) -> Value:
    return ENVIRONMENT.compile(text).evaluate({"object": OBJECT, "oldObject": None, "x": 1, **more})


ANSWERS: dict[str, Any] = {
    "object.spec.containers[0].ports[1]": 443,
    "object.metadata.labels['app']": "web",
    "has(object.spec.replicas) && !has(object.spec.selector)": True,
    "has(oldObject.spec)": False,
    "object.?spec.?selector.orValue('none')": "none",
    "object.metadata.?annotations[?'a'].hasValue()": False,
    "[?object.?nothing, 1]": [1],
    "{?'a': object.?nothing, 'b': 2}": {"b": 2},
    "object.?spec.optMap(s, s.replicas + 1)": Optional(True, 4),
    "object.?nothing.optMap(s, s.replicas + 1)": NONE,
    "optional.none().or(optional.of(2)).value()": 2,
    "cel.bind(n, object.spec.replicas, n * n)": 9,
    "object.spec.containers.all(c, c.image.contains(':'))": True,
    "object.spec.containers.exists(c, c.image.endsWith(':latest'))": True,
    "object.spec.containers.exists_one(c, has(c.ports))": True,
    "object.spec.containers.map(c, c.name)": ["a", "b"],
    "object.spec.containers.map(c, has(c.ports), c.name)": ["a"],
    "object.spec.containers.filter(c, !has(c.ports)).size()": 1,
    "object.metadata.labels.all(k, k.size() > 2)": True,
    "object.metadata.labels.all(k, v, k != v)": True,
    "object.metadata.labels.exists(k, v, k == 'app' && v == 'web')": True,
    "[3, 4].transformList(i, v, i * v)": [0, 4],
    "[3, 4].transformList(i, v, i > 0, v)": [4],
    "object.metadata.labels.transformMap(k, v, k + v)": {"app": "appweb", "tier": "tierfront"},
    "['a'].transformMapEntry(i, v, {v: i})": {"a": 0},
    "[2, 1].sortBy(n, -n)": [2, 1],
    "[1, 2].exists(x, x == 2) ? x : 0": 1,
    "[[1], [2]].map(x, x.map(x, x + 1))": [[2], [3]],
    "dyn(1) == 1.0 && dyn(1u) == 1 && 2 > 1.5": True,
    "dyn(1) == true": False,
    "[1, 'a'] == [1.0, 'a']": True,
    "'app' in object.metadata.labels && 3 in [1, 2, 3]": True,
    "7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1": True,
    "1.0 / 0.0 > 1e300": True,
    "type(1) == int && type(type(1)) == type": True,
    "type({})": TypeName("map"),
    "int('12') + int(3.9) + int(2u)": 17,
    "double('1.5') + double(2)": 3.5,
    "uint(3)": UInt(3),
    "string(1.5) + string(true) + string(b'a') + string(100)": "1.5truea100",
    "bool('true') && !bool('False')": True,
    "duration('1h30m').getMinutes()": 90,
    "string(duration('90m'))": "5400s",
    "timestamp('2026-03-01T12:00:00+02:00')": datetime(2026, 3, 1, 10, tzinfo=UTC),
    "timestamp('2026-03-01T00:00:00Z') - timestamp('2026-02-28T00:00:00Z')": timedelta(days=1),
    "timestamp('2026-03-01T00:00:00Z').getDayOfWeek()": 0,
    "timestamp('2026-03-01T00:00:00Z').getHours('-02:00')": 22,
    "string(timestamp('2026-03-01T00:00:00.5Z'))": "2026-03-01T00:00:00.5Z",
    "b'\\xff'.size() + 'é'.size()": 2,
    "object.nothing || true": True,
    "true || object.nothing": True,
    "!(object.nothing && false)": True,
    "[1, 0].exists(n, 1 / n > 0)": True,
    "[1, 0].all(n, 1 / n > 5)": False,
    "{'a': {'b': 1}}.a.b": 1,
    "dyn([1])[0]": 1,
    "size({'a': 1}) + [1, 2].size()": 3,
}


@pytest.mark.parametrize("text", ANSWERS)
def test_expressions_have_the_value_that_the_specification_gives(text: str) -> None:
    found = evaluate(text)
    assert equal(found, ANSWERS[text]), found
    assert type(found) is type(ANSWERS[text])


FAULTS = {
    "object.nothing": "no such key: nothing",
    "oldObject.metadata": "no such field 'metadata'",
    "object.spec.containers[9]": "index out of bounds: 9",
    "object.metadata.labels['x']": "no such key: x",
    "object.nothing && true": "no such key",
    "9223372036854775807 + 1": "integer overflow",
    "uint(1) - uint(2)": "unsigned integer overflow",
    "1 / 0": "division by zero",
    "1 % 0": "modulus by zero",
    "dyn(1) + dyn('a')": "no such overload",
    "dyn('a') < dyn(1)": "no such overload",
    "dyn(1) ? 1 : 2": "no such overload",
    "dyn(1) && true": "no such overload",
    "int('x')": "type conversion error",
    "timestamp('yesterday')": "not a timestamp",
    "duration('1 hour')": "not a duration",
    "string(b'\\xff')": "invalid UTF-8",
    "optional.none().value()": "optional.none() dereference",
    "[1, 0].exists(n, 1 / n > 5)": "division by zero",
    "['a', 'a'].transformMapEntry(i, v, {v: i})": "already exists",
    "object.all(k, dyn(1))": "no such overload",
}


@pytest.mark.parametrize("text", FAULTS)
def test_what_has_no_value_says_why(text: str) -> None:
    with pytest.raises(Untold) as caught:
        evaluate(text)
    assert FAULTS[text] in str(caught.value)


REFUSED = {
    "object.": "Syntax error",
    "nothing": "undeclared reference to 'nothing'",
    "nothing.at.all == 1": "undeclared reference to 'nothing'",
    "shout(object)": "undeclared function 'shout'",
    "object.shout()": "undeclared function 'shout'",
    "'a'.startsWith()": "takes 1 arguments",
    "1 + 'a'": "no matching overload",
    "'a'.startsWith(1)": "no matching overload",
    "Object{a: 1}": "undeclared type 'Object'",
    "[1].map(a, b)": "undeclared reference to 'b'",
    "size(1)": "no matching overload",
    "": "Syntax error",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_cel_is_refused_before_it_is_asked(text: str) -> None:
    with pytest.raises(NoCel) as caught:
        ENVIRONMENT.compile(text)
    assert REFUSED[text] in str(caught.value)


def test_a_text_is_compiled_once() -> None:
    assert ENVIRONMENT.compile("object.a == 1") is ENVIRONMENT.compile("object.a == 1")


def test_values_have_a_form_in_json() -> None:
    found = evaluate(
        "{'t': timestamp('2026-03-01T00:00:00Z'), 'u': 1u, 'o': optional.of([1.5]), 'b': b'a', 'd': duration('1s')}"
    )
    assert plain(found) == {"t": "2026-03-01T00:00:00Z", "u": 1, "o": [1.5], "b": "YQ==", "d": "1s"}


REFERENCE = cel.NewEnv(
    variables=dict.fromkeys(("object", "oldObject", "x"), cel.Type.DYN),
    extensions=[
        *(ext_optional.ExtOptional(), ext_bindings.ExtBindings(), ext_strings.ExtStrings()),
        *(ext_math.ExtMath(), ext_encoders.ExtEncoders()),
    ],
)
"""The reference implementation in C++, which also evaluates."""

numbers = st.integers(-5, 5).map(lambda n: f"({n})") | st.sampled_from(
    (
        "object.spec.replicas",
        "size(object.spec.containers)",
        "x",
        "object.nothing",
        "object.spec.containers[0].ports[1]",
    )
)
texts = st.sampled_from(
    ("'a'", "'b:latest'", "object.metadata.name", "object.spec.containers[1].image", "object.metadata.labels.app", "''")
)
truths = st.recursive(
    st.sampled_from(("true", "false", "object.spec.paused", "has(object.spec.replicas)", "has(object.nothing)")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(("&&", "||")), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda t: f"!{t}"),
        st.tuples(numbers, st.sampled_from(("==", "!=", "<", "<=", ">", ">=")), numbers)
        .map(" ".join)
        .map(lambda t: f"({t})"),
        st.tuples(numbers, st.sampled_from("+-*/%"), numbers).map(lambda t: f"({t[0]} {t[1]} {t[2]} > 0)"),
        st.tuples(texts, st.sampled_from(("==", "<", "!=")), texts).map(" ".join).map(lambda t: f"({t})"),
        st.tuples(texts, st.sampled_from(("contains", "startsWith", "endsWith", "matches")), texts).map(
            lambda t: f"{t[0]}.{t[1]}({t[2]})"
        ),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} ? {t[1]} : {t[2]})"),
        st.tuples(st.sampled_from(("all", "exists", "exists_one")), inner).map(
            lambda t: f"object.spec.containers.{t[0]}(c, has(c.ports) || {t[1]})"
        ),
        st.tuples(numbers, numbers).map(lambda t: f"({t[0]} in [1, {t[1]}])"),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(truths)
def test_answers_and_faults_are_those_of_the_reference_implementation(text: str) -> None:
    wanted = REFERENCE.compile(text).eval(data={"object": OBJECT, "oldObject": None, "x": 1})
    if wanted.type().name() == "ERROR":
        with pytest.raises(Untold):
            evaluate(text)
    else:
        assert evaluate(text) is wanted.plain_value()


@pytest.mark.parametrize(
    "text",
    [
        "'%s has %d of %.2f'.format(['a', 3, 1.5])",
        "'%s %s %s'.format([[1, 'a'], {'k': 2}, null])",
        "'%x %X %o %b'.format([255, 255, 8, 5])",
        "'tacocat'.substring(1, 4) + 'a,b'.split(',')[1]",
        "'hello hello'.replace('he', 'we', 1) + 'a-b'.split('-').join('+')",
        "'tacocat'.indexOf('a') + 'tacocat'.lastIndexOf('a')",
        "'Äb'.lowerAscii() + 'äB'.upperAscii() + ' x '.trim() + 'abc'.charAt(1)",
        "strings.quote('a\"b\\n')",
        "math.greatest(1, 2.5, 2) > math.least(1, 2)",
        "base64.encode(b'hello') + string(base64.decode('aGk='))",
        "'abc'.reverse()",
        "string(1e21) + string(100000.0) + string(12.5) + string(0.1) + string(-0.0) + string(1e-7)",
        "timestamp('2026-12-31T23:59:59Z').getDayOfYear() + timestamp('2026-12-31T23:59:59Z').getMonth()",
    ],
)
def test_libraries_answer_as_those_of_the_reference_implementation(text: str) -> None:
    wanted = REFERENCE.compile(text).eval(data={"object": OBJECT, "oldObject": None, "x": 1})
    assert evaluate(text) == wanted.plain_value()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (" + ".join(["'a'"] * 60), "a" * 60),
        ("object.spec.paused ? 'x' : " + " + ".join(["'+-'", r"r'\d+'", "string(1e+0)"] * 20), r"+-\d+1" * 20),
        ("size([" + "] + [".join(["1, 2"] * 50) + "]) == 100 && 1 - 2 + 3 == 2", True),
        ("string(100 - " + " + ".join(["1"] * 10) + ") + " + " + ".join(["'b'"] * 50), "108" + "b" * 50),
        ("[1].map(n, " + " + ".join(["n"] * 50) + ")[0] + -1", 49),
    ],
)
def test_sums_of_any_length_are_read(text: str, wanted: Value) -> None:
    assert evaluate(text) == wanted


sums = st.lists(numbers | st.tuples(numbers, numbers).map(lambda t: f"{t[0]} * {t[1]}"), min_size=1, max_size=9)


@settings(max_examples=200, deadline=None)
@given(sums, st.sampled_from((" + ", " - ")), sums)
def test_a_balanced_sum_has_the_same_value(left: list[str], sign: str, right: list[str]) -> None:
    text = f"[{' + '.join(left)}{sign}{' + '.join(right)}, 1][0] > 0 || 2 in [{' + '.join(right)}]"
    wanted: object
    try:
        wanted = evaluate(text)
    except Untold:
        with pytest.raises(Untold):
            evaluate(balanced(text))
    else:
        assert evaluate(balanced(text)) is wanted
