"""Whatever the bytes: the readers of the small worlds raise nothing but `AssayError`, and return what is whole."""

from __future__ import annotations

import importlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HARNESSES = ("gem", "php", "erlang", "terraform", "opam", "luarocks", "conan", "cocoapods", "small_locks")


def changed(seed: bytes) -> st.SearchStrategy[bytes]:
    """The seed with a few spans replaced; its first byte, which picks the reader, stays."""
    span = st.tuples(st.integers(1, len(seed)), st.integers(0, 40), st.binary(max_size=12))

    def apply(spans: list[tuple[int, int, bytes]]) -> bytes:
        data = seed
        for start, length, put in spans:
            data = data[:start] + put + data[start + length :]
        return data

    return st.lists(span, min_size=1, max_size=4).map(apply)


@pytest.mark.parametrize("name", HARNESSES)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_bytes_break_a_reader(name: str, data: st.DataObject) -> None:
    harness = importlib.import_module(f"fuzz.fuzz_{name}")
    seed = data.draw(st.sampled_from(harness.SEEDS))
    harness.run(data.draw(st.one_of(st.binary(max_size=200), changed(seed), st.just(seed))))


@pytest.mark.parametrize("name", HARNESSES)
def test_every_seed_is_read(name: str) -> None:
    for seed in importlib.import_module(f"fuzz.fuzz_{name}").SEEDS:
        importlib.import_module(f"fuzz.fuzz_{name}").run(seed)
