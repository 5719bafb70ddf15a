"""Rego by regorus means what OPA means by it; expected values are those of OPA 1.17."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from assay.engines.policy.rego import compiling
from assay.engines.policy.rego.faults import NoRego, RegoError
from assay.engines.policy.rego.formatting import sprintf
from assay.engines.policy.rego.source import Module, Source
from assay.errors import ExternalError

GIVEN = {"parameters": {"key": "list", "list": [1, 2], "a": False}, "list": [1]}
SHARED = """package t
f("RunAsAny", v, _) { true }
f("x", _, _) { false }
p := input.parameters
q { input.nope }
r[x] { x := input.list[_] }
g(x) = y { y := x.a }
"""


class Calls:
    """Answers that are always the same; no web."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def http_send(self, request: Mapping[str, Any]) -> Any:
        raise ExternalError(f"no web for {request['url']}")

    def external_data(self, request: Mapping[str, Any]) -> Any:
        return {"responses": [[key, f"{key} by {request['provider']}"] for key in request["keys"]], "errors": []}


def ask(text: str, entry: str = "violation", given: Any = None, version: str = "v0", **data: Any) -> Any:
    source = Source((Module("t.rego", text),), entry, version, frozenset(data))
    return compiling.compile(source).evaluate({} if given is None else given, Calls(), data)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('not f("RunAsAny", 3, p.ranges)', None),
        ('not f("x", 3, p.list)', True),
        ("not p.ranges == 3", True),
        ("not p[p.nope]", None),
        ("not p[p.key]", None),
        ("not p[p.nope] == 3", None),
        ("not q", True),
        ('not f("x", 1, q)', None),
        ('not f("x", 1, r)', True),
        ("not g(p)", True),
        ("not g(p) == 3", True),
        ("not count(p.nope) == 0", None),
        ("not [1, p.nope] == [1, 2]", None),
        ('not {"a": p.nope} == {"a": 2}', None),
        ("not {p.nope} == {1}", None),
        ("not count([y | y := p.nope[_]]) > 0", True),
        ("not p.nope > 5", None),
        ("not (p.nope + 1) == 2", None),
        ("not p.nope = 1", True),
        ('count([1 | not f("RunAsAny", 1, p.nope)]) == 0', True),
        ('not f("x", 1, p.nope) with input.parameters as {"nope": 1}', True),
        ('not f("x", 1, {"a": [p.nope]})', None),
        ('not f("x", 1, object.get(p, "nope", 1))', True),
    ],
)
def test_what_a_call_under_not_is_given_is_computed_before_it(body: str, expected: Any) -> None:
    assert ask(f"{SHARED}\nanswer {{ {body} }}", "answer", GIVEN) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a[1] {\n  input.a\n} {\n  not input.a\n}", [1]),
        ('a[x] { x := "one" } { x := "two" }', ["one", "two"]),
        ("a[1] {\n  input.list\n  (input.parameters.list[0] + 1) == 2\n}", [1]),
        ("a[1] {\n  x := input.list\n  [y, _] := input.parameters.list\n  x[0] == y\n}", [1]),
        ('f(x) = {"k": x} { x == 1 }\na[y] { y := f(1) }', [{"k": 1}]),
        ('f(x) = {"k": x} { x == 1 } { x == 2 }\na[y] { y := f(2) }', [{"k": 2}]),
        ("# a { b } { c }\na[1] { true } # } {\n", [1]),
        ("a[x] { x := `raw } {` }", ["raw } {"]),
    ],
)
def test_rego_that_the_parser_does_not_take_is_rewritten(text: str, expected: Any) -> None:
    assert ask(f"package t\n{text}", "a", GIVEN) == expected


def test_builtins_under_old_names_and_those_that_are_missing_are_supplied() -> None:
    assert ask('package t\na { re_match("^b", "bc"); any([false, true]); not any([false]) }', "a") is True
    assert ask("package t\na { all([true]); not all([true, false]); set_diff({1, 2}, {1}) == {2} }", "a") is True
    assert ask('package t\na = x { x := crypto.sha256("a") }', "a").startswith("ca978112")
    assert ask('package t\na { net.cidr_intersects("10.0.0.0/8", "10.1.0.0/16") }', "a") is True
    assert ask("package t\na = x { x := time.now_ns() }", "a") == 1_767_225_600_000_000_000


def test_a_rule_of_the_policy_goes_before_a_builtin_of_that_name() -> None:
    assert ask("package t\nany(x) = y { y := x }\na = z { z := any(3) }", "a") == 3


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("%v %d", ["a", 1], "a 1"),
        ("%v %v", [1], "1 %!v(MISSING)"),
        ("none", [1], "none%!(EXTRA int=1)"),
        ("%5.2f|%-5s|%05d|%%", [1.5, "ab", 3], " 1.50|ab   |00003|%"),
        ("%q %x %T", ["q", 255, "t"], '"q" ff string'),
        ("%d", ["a"], "%!d(string=a)"),
        ("%v", [{"a": [1, None, True]}], '{"a": [1, null, true]}'),
    ],
)
def test_sprintf_formats_as_go_does(template: str, values: list[Any], expected: str) -> None:
    assert sprintf(template, values) == expected


def test_formats_that_regorus_refuses_are_formatted_all_the_same() -> None:
    assert ask('package t\na = x { x := sprintf("%5.1f and %v", [1.25, "é"]) }', "a") == "  1.2 and é"
    assert ask('package t\na = x { x := sprintf("%v of %v", [1]) }', "a") == "1 of %!v(MISSING)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("package t\nviolation[x] { x := 1 +", "t.rego, line 2: "),
        ("package t\nviolation[x] { x := foo }", "variable foo is unsafe"),
        ("package t\nviolation[x] { x := foo(1) }", "there is no function foo"),
        ("package t\nviolation[x] { x := io.jwt.decode(1) }", "there is no function io.jwt.decode"),
        ("package t\nviolation[x] { x := count(1, 2, 3) }", "count takes 1 arguments, not 3"),
        ("package t\nviolation[x] { x := data.other.y }", "there is no data.other.y"),
        ("package t\nimport data.lib.x\nviolation[y] { y := x.z }", "import data.lib.x"),
        ("package t\nviolation[1] { not input.a[_] == 1 }", "variable _ is unsafe"),
        ("package t\nf(x) = y { y := g(x) }\ng(x) = y { y := f(x) }\nviolation[x] { x := f(1) }", "rules in a circle"),
        ("package t\nviolation[x] { x := " + "[" * 5000 + "]" * 5000 + " }", "brackets over 12 deep"),
        ("package t\nviolation[x] { x := " + "count(" * 5000 + ")" * 5000 + " }", "brackets over 12 deep"),
        ("package t\nviolation[x] { x := " + "1 + " * 5000 + "1 }", "operators in a row"),
        ("package t\nviolation[x] { x := input" + ".a" * 5000 + " }", "operators in a row"),
        ("package t\ndeny[x] { x := 1 }", "there is no rule violation"),
        ("", "t.rego"),
        ("package t\n" + "# " * 600_000, "a module of over"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_when_it_is_compiled(text: str, said: str) -> None:
    with pytest.raises(NoRego) as refused:
        ask(text)
    assert said in refused.value.what


def test_what_is_declared_by_some_and_every_has_a_value() -> None:
    text = "package t\nimport rego.v1\nviolation contains x if { every k, y in input { y > k - 1 }; some x in input }"
    assert ask(text, given=[3, 4], version="v1") == [3, 4]
    assert ask("package t\nviolation[x] { some i; x := -input[i]; i > 0 }", given=[3, 4]) == [-4]


def test_a_local_name_is_not_the_rule_of_that_name() -> None:
    text = "package t\nx = y { y := f(1) }\nf(x) = z { z := x + 1 }\nviolation[x] { x := input.n }"
    assert ask(text, "x") == 2
    assert ask(text, given={"n": 3}) == [3]


def test_an_evaluation_without_an_answer_is_an_error() -> None:
    with pytest.raises(RegoError):
        ask("package t\na = 1 { true }\na = 2 { true }\nviolation[a] { true }")
    with pytest.raises(RegoError, match="no web for https://x"):
        ask('package t\nviolation[x] { x := http.send({"url": "https://x"}) }')


def test_the_world_is_asked_for_external_data() -> None:
    text = 'package t\nviolation[x] { x := external_data({"provider": "p", "keys": ["k"]}).responses[0][1] }'
    assert ask(text) == ["k by p"]


def test_data_is_what_the_evaluation_is_given() -> None:
    text = "package t\nviolation[x] { x := data.inventory.names[_] }"
    program = compiling.compile(Source((Module("t", text),), "violation", "v0", frozenset(("inventory",))))
    assert program.evaluate({}, Calls(), {"inventory": {"names": ["a"]}}) == ["a"]
    assert program.evaluate({}, Calls(), {"inventory": {"names": ["b"]}}) == ["b"]
    assert program.evaluate({}, Calls(), {}) == []


def test_version_1_and_libraries() -> None:
    library = Module("lib", "package lib.words\nimport rego.v1\nlong(x) if count(x) > 3\n")
    text = (
        "package t\nimport rego.v1\nimport data.lib.words\nviolation contains x if { some x in input; words.long(x) }"
    )
    program = compiling.compile(Source((Module("t", text), library), "violation", "v1"))
    assert program.evaluate(["a", "word"], Calls()) == ["word"]


def test_many_threads_ask_one_program() -> None:
    program = compiling.compile(Source((Module("t", "package t\na = x { x := input.n * 2 }"),), "a"))
    answers: dict[int, Any] = {}

    def work(number: int) -> None:
        answers[number] = [program.evaluate({"n": number}, Calls()) for _ in range(20)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {number: [number * 2] * 20 for number in range(8)}
