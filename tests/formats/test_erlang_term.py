"""Terms of Erlang and Elixir."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, LimitExceeded, Malformed
from assay.formats.erlang_term import Atom, Term, load_elixir, load_erlang


def test_elixir() -> None:
    text = '%{"a": {:hex, :"b c", "1\\"", [k: :v, on: true]}, :d => [1, -2.5], # why\n}\n'
    assert load_elixir(text) == {"a": ("hex", "b c", '1"', [("k", "v"), ("on", "true")]), "d": ["1", "-2.5"]}


def test_erlang() -> None:
    text = '% why\n{a, \'B c\', <<"d"/utf8>>, "e", 16#ff, #{k => v, "s" := 1}}.\n[{x,[]}].\n'
    assert load_erlang(text) == [("a", "B c", "d", "e", "16#ff", {"k": "v", "s": "1"}), [("x", [])]]


@pytest.mark.parametrize("text", ["{", "}", "[}", '"open', "%{a: }}", "\x00", "<<1]"])
def test_what_is_no_term_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        load_elixir(text)
    with pytest.raises(Malformed):
        load_erlang(text if not text.startswith("%") else "{")


def test_depth_is_bounded() -> None:
    with pytest.raises(LimitExceeded):
        load_erlang("[" * 1000)


def written(term: Term) -> str:
    """The term in Erlang."""
    if isinstance(term, Atom):
        return f"'{term}'"
    if isinstance(term, str):
        return '"' + term.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(term, dict):
        return "#{" + ", ".join(f"{written(Atom(key))} => {written(value)}" for key, value in term.items()) + "}"
    inside = ", ".join(map(written, term))
    return f"[{inside}]" if isinstance(term, list) else f"{{{inside}}}"


ATOMS = st.from_regex(r"[a-z][a-zA-Z0-9_ ]{0,8}", fullmatch=True).map(Atom)
TERMS = st.recursive(
    ATOMS | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(ATOMS.map(str), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(TERMS)
def test_a_written_term_is_read_back(term: Term) -> None:
    assert load_erlang(written(term) + ".\n") == [term]


@given(st.text(alphabet="%{}[]<>,:=\"'.# \nab1", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for load in (load_elixir, load_erlang):
        with contextlib.suppress(AssayError):
            load(text)
