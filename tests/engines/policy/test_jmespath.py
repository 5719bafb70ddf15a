"""JMESPath as Kyverno has it: the language, what is an error, and each function that is added."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from assay.engines.policy.queries import search as searching
from assay.engines.policy.queries.faults import BadQuery, NotFound
from assay.engines.policy.queries.search import search

DATA: dict[str, Any] = {
    "a": {"b": [{"c": 1, "n": "x"}, {"n": "y"}]},
    "labels": {"app.kubernetes.io/name": "shop", "tier": "web"},
    "nothing": None,
    "numbers": [3, 1, 2],
    "words": ["b", "a"],
    "b64": "aGVsbG8=",
}


class At:
    """A context with a clock."""

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("a.b[].c", [1]),
        ("a.b[?c == `1`].n | [0]", "x"),
        ("a.z || 'other'", "other"),
        ("a.z || nothing", None),
        ("!(a.z)", True),
        ("a.[b, z][0][0].n", "x"),
        ("{x: a.b[0].n, y: a.z}", {"x": "x", "y": None}),
        ('labels."app.kubernetes.io/name"', "shop"),
        ("numbers[-1]", 2),
        ("numbers[::-1]", [2, 1, 3]),
        ("nothing", None),
        ("`1` == `true`", False),
        ("length(labels)", 2),
        ("sort(numbers)", [1, 2, 3]),
        ("sort_by(a.b, &n)[-1].n", "y"),
        ("max_by(a.b, &n).n", "y"),
        ("min_by(a.b, &n).n", "x"),
        ("map(&n, a.b)", ["x", "y"]),
        ("join('-', words)", "b-a"),
        ("avg(numbers)", 2),
        ("not_null(a.z, 'x')", "x"),
        ('to_string(`{"a": 5.0}`)', '{"a":5}'),
        ("to_number('1.5')", 1.5),
        ("to_number('x')", None),
        ("type(a)", "object"),
        ("contains('abc', 'b')", True),
        ('merge(labels, `{"tier": "db"}`).tier', "db"),
        ("to_array('x')", ["x"]),
        ("values(labels)", ["shop", "web"]),
        ("keys(labels)", ["app.kubernetes.io/name", "tier"]),
    ],
)
def test_the_language_answers(query: str, wanted: Any) -> None:
    assert search(query, DATA) == wanted


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("add('1Gi', '1Mi')", "1025Mi"),
        ("add(`1`, `2`)", 3),
        ("add('1h', '30s')", "1h0m30s"),
        ("subtract('1Gi', '512Mi')", "512Mi"),
        ("multiply('100m', `3`)", "300m"),
        ("multiply(`2`, '1h')", "2h0m0s"),
        ("divide('12Ki', '3Ki')", 4),
        ("divide('1h', `4`)", "15m0s"),
        ("modulo(`10`, `3`)", 1),
        ("sum(['1Gi', '1Gi'])", "2Gi"),
        ("round(`3.14159`, `2`)", 3.14),
        ("compare('a', 'b')", -1),
        ("equal_fold('ABC', 'abc')", True),
        ("replace('aaa', 'a', 'b', `2`)", "bba"),
        ("replace_all('aaa', 'a', 'b')", "bbb"),
        ("to_upper('a')", "A"),
        ("to_lower('A')", "a"),
        ("trim('¡¡Hello!!!', '!¡')", "Hello"),
        ("trim_prefix('v1', 'v')", "1"),
        ("split('a,b', ',')", ["a", "b"]),
        (r"regex_match('^\d+$', '12')", True),
        (r"regex_replace_all('([a-z])x', 'axbx', '$1-')", "a-b-"),
        ("regex_replace_all_literal('x', 'axb', '$1')", "a$1b"),
        ("pattern_match('docker.io/*', 'docker.io/nginx')", True),
        ('label_match(`{"tier": "w?b"}`, labels)', True),
        ("truncate('hello', `2`)", "he"),
        ("path_canonicalize('/a/../b//c')", "/b/c"),
        ("semver_compare('1.2.3', '>=1.0.0 <2.0.0')", True),
        ("semver_compare('1.2.3', '1.1.x || >1.9.0')", False),
        ("base64_decode(b64)", "hello"),
        ("base64_encode('hello')", "aGVsbG8="),
        ("parse_json('{\"a\": [1]}').a[0]", 1),
        ("parse_yaml('a: {b: yes}').a.b", True),
        ("lookup(labels, 'tier')", "web"),
        ("lookup(numbers, `1`)", 1),
        ("lookup(labels, 'x')", None),
        ("items(labels, 'k', 'v')[1]", {"k": "tier", "v": "web"}),
        ("object_from_lists(words, numbers)", {"b": 3, "a": 1}),
        ("sha256('a')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("image_normalize('nginx')", "docker.io/nginx:latest"),
        ("is_external_url('http://10.0.0.1/')", False),
        ("is_external_url('https://example.com/')", True),
        ("to_boolean('True')", True),
        ("time_now_utc()", "2026-03-01T12:00:00Z"),
        ("time_since('', '2026-03-01T10:30:00Z', '')", "1h30m0s"),
        ("time_add('2021-01-02T15:04:05-07:00', '3h')", "2021-01-02T18:04:05-07:00"),
        ("time_parse('Mon Jan 02 2006 15:04:05 -0700', 'Fri Jun 22 2022 17:45:00 +0100')", "2022-06-22T17:45:00+01:00"),
        ("time_parse('1', '0')", "1970-01-01T00:00:00Z"),
        ("time_to_cron('2022-04-11T03:14:05-07:00')", "14 3 11 4 1"),
        ("time_utc('2021-01-02T15:04:05-07:00')", "2021-01-02T22:04:05Z"),
        ("time_diff('2021-01-02T15:04:05Z', '2021-01-02T16:04:05Z')", "1h0m0s"),
        ("time_before('2021-01-02T15:04:05Z', '2021-01-02T15:04:06Z')", True),
        ("time_after('2021-01-02T15:04:05Z', '2021-01-02T15:04:06Z')", False),
        ("time_between('2021-01-02T15:04:05Z', '2020-01-01T00:00:00Z', '2022-01-01T00:00:00Z')", True),
        ("time_truncate('2021-01-02T15:04:05Z', '1h')", "2021-01-02T15:00:00Z"),
    ],
)
def test_a_function_that_is_added_answers(query: str, wanted: Any) -> None:
    assert search(query, DATA, At()) == wanted


def test_random_gives_what_its_pattern_says() -> None:
    assert re.fullmatch("[0-9a-f]{12}", search("random('[0-9a-f]{12}')", DATA))


def test_a_field_that_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(NotFound, match='Unknown key "z"'):
        search("a.z.y", DATA)


@pytest.mark.parametrize(
    "query",
    [
        "a..b",
        "no_such_function(a)",
        "length(`1`)",
        "length(a, a)",
        "add('1Gi', '1h')",
        "divide(`1`, `0`)",
        "regex_match('(', 'a')",
        "base64_decode('!')",
        "time_add('yesterday', '1h')",
        "semver_compare('1', '>0')",
        "x509_decode('x')",
        "random('(?=a)')",
        "parse_json('{')",
        "[" * 3000,
        "a" * 70_000,
    ],
)
def test_what_has_no_answer_is_refused(query: str) -> None:
    with pytest.raises(BadQuery):
        search(query, DATA)


def test_a_query_looks_at_a_bounded_number_of_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MAX_STEPS", 100)
    with pytest.raises(BadQuery, match="over 100 elements"):
        search("a[].b[].c", {"a": [{"b": [{"c": 1}] * 20}] * 20})
