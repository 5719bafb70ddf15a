"""YAML: bounds that hold before anything recurses."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, LimitExceeded, Malformed
from assay.formats import yaml


@pytest.mark.parametrize("opener", ["[", "{", "- ", "? "])
def test_a_deep_document_is_refused_and_does_not_end_the_process(opener: str) -> None:
    with pytest.raises(LimitExceeded):
        yaml.load(opener * 40_000)


def test_scalars_keys_and_aliases() -> None:
    text = "a: !!str 12\nb: 1.10\nc: 007\nd: ~\ne: true\n&k key: &v [1]\n*k : 2\nf: *v\n? [x]\n: 3\n"
    assert yaml.load(text) == {"a": "12", "b": "1.10", "c": "007", "d": None, "e": True, "key": 2, "f": [1], "": 3}


def test_aliases_that_grow_or_refer_to_themselves_are_refused() -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(LimitExceeded):
        yaml.load("\n".join(lines))
    for text in ("&a [*a]", "a: *nothing"):
        with pytest.raises(Malformed):
            yaml.load(text)


def test_the_first_document_counts() -> None:
    assert yaml.load("a: 1\n---\nb: 2\n") == {"a": 1}
    assert yaml.load("") is None


@given(st.text(alphabet="-?:[]{}&*!|>'\"#% ab1\n", max_size=80) | st.binary(max_size=80))
def test_whatever_the_bytes_nothing_but_assay_errors(data: str | bytes) -> None:
    with contextlib.suppress(AssayError):
        yaml.load(data)
