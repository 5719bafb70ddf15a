"""JSON: one value, bounded; what msgspec refuses but the RFC allows."""

from __future__ import annotations

import contextlib
import json as standard
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, LimitExceeded, Malformed
from assay.formats import json, json_bytes

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from("abcd"), VALUES))
def test_a_reader_of_some_fields_reads_those_alone(value: json.Object) -> None:
    data = json_bytes.encode(value)
    assert json.reader("a", "b")(data) == {name: item for name, item in value.items() if name in ("a", "b")}


@pytest.mark.parametrize(
    "data",
    [b'\xef\xbb\xbf{"a": 1}', b'{"a": "\\ud800"}', b'{"a": 1e999}', b'{"b": "\\udc00", "a": 2}', b'{"a": 1, "a": 2}'],
)
def test_what_the_general_reader_takes_the_reader_of_some_fields_takes(data: bytes) -> None:
    assert json.reader("a")(data)["a"] == json.load_object(data)["a"]


@pytest.mark.parametrize("data", [b"", b"[]", b"1", b'{"a": 1', b'{"b": nope}', b'{"a": "\xff"}', b'{"a": NaN}'])
def test_what_is_no_object_no_reader_takes(data: bytes) -> None:
    with pytest.raises(Malformed):
        json.reader("a")(data)


def test_deep_nesting_in_a_field_that_nobody_reads_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        json.reader("a")(b'{"b": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")


@given(VALUES)
def test_what_is_written_is_read(value: json.Json) -> None:
    assert json.load(standard.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_malformed(data: bytes) -> None:
    with contextlib.suppress(AssayError):
        json.load(data)


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "[1,]", '{"a":1} 2', "'a'", '"\n"'])
def test_what_is_no_json_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        json.load(text)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        json.load(b"[" * 100_000)


def test_huge_numbers_and_half_surrogates_do_not_lose_the_document() -> None:
    found = json.load(b'\xef\xbb\xbf{"n": 123456789012345678901234567890, "s": "\\ud800x", "e": "\\ud83d\\ude00"}')
    assert found == {"n": 123456789012345678901234567890, "s": "�x", "e": "😀"}


def test_relaxed_json_has_comments_and_trailing_commas() -> None:
    text = '// bun\n{"a": [1, 2,], /* http://x */ "b": "// no comment, ]",}'
    assert json.load_relaxed(text) == {"a": [1, 2], "b": "// no comment, ]"}


@pytest.mark.parametrize(
    "text", ['{"a": 1' + ",/" + "/" * 100_000 + ":", '"' + '\\"' * 100_000, "/*" * 100_000, '{"a": [' + "," * 100_000]
)
def test_relaxed_nonsense_is_refused_at_once(text: str) -> None:
    """Found by fuzzing: a comma before many slashes took for ever."""
    with pytest.raises(Malformed):
        json.load_relaxed(text)


_TEXTS = ("", '\x7f\x00\x1f\b\f\n\r\t"\\/', "\u2028<&>ä😀", "\ud800x")
_WRITTEN: list[json.Json] = [
    {},
    [],
    {"a": [], "b": {}, "c": [[], {}], "d": None, "e": True},
    {"numbers": [0, -1, 2**63, 10**30], **{text: text for text in _TEXTS}},
    {"fractions": [0.1, 1e16, 1e-7, -0.0]},
    [list(range(300))],
]


@pytest.mark.parametrize("value", _WRITTEN)
def test_small_documents_are_the_same_bytes_without_msgspec(value: json.Json, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("msgspec")
    expected = json_bytes.encode(value), json_bytes.dump(value)
    with monkeypatch.context() as patch:
        patch.delitem(sys.modules, "msgspec")
        alone = json_bytes.encode(value)
        patch.delitem(sys.modules, "msgspec", raising=False)
        assert (alone, json_bytes.dump(value)) == expected


class Told(msgspec.Struct):
    """A struct as a report may hold it."""

    text: str
    more: tuple[str, ...] = ()


def test_structs_are_written_as_objects_also_with_half_surrogates() -> None:
    assert json_bytes.encode({"a": [Told("x", ("y",))]}) == b'{"a":[{"text":"x","more":["y"]}]}'
    written = json_bytes.dump({"a": [Told("\ud800x", ("\udc00",))]})
    assert written == json_bytes.dump({"a": [{"text": "\ufffdx", "more": ["\ufffd"]}]})
