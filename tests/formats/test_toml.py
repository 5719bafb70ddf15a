"""TOML is read within bounds."""

from __future__ import annotations

import tracemalloc

import pytest

from assay.errors import LimitExceeded, Malformed
from assay.formats import toml


def test_a_table() -> None:
    assert toml.load(b"\xef\xbb\xbf[a.b]\r\nc.'d.e' = 1\r\n") == {"a": {"b": {"c": {"d.e": 1}}}}


@pytest.mark.parametrize(
    "data",
    [
        b"a." * 100_000 + b"b = 1",
        b"[" + b"a . " * 100_000 + b"b]",
        b"[[" + b"'a'." * 100_000 + b"b]]",
        b'"=".' + b'"x".' * 100_000 + b"b = 1",
        b'"\\"".' * 100_000 + b"b = 1",
        (b"a." * 7 + b'"\\"".') * 20_000 + b"b = 1",
        b'k = {y = "\\"", ' + b"'\"'.\"'\"." * 50_000 + b"b = 1}",
        b"\n".join(b"k%d" % number + b".a" * 60 + b" = 1" for number in range(10_000)),
        b"a = " + b"[" * 100_000,
    ],
    ids=["key", "table", "array", "quoted", "escaped", "mixed", "inline", "many", "nested"],
)
def test_bombs_cost_nothing(data: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(LimitExceeded):
        toml.load(data)
    assert tracemalloc.get_traced_memory()[1] < 50 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("data", [b"a" * 1_000_000, b'"' * 1_000_000, b"'a'" * 300_000, b". " * 500_000], ids=range(4))
def test_what_is_no_toml_is_told_at_once(data: bytes) -> None:
    with pytest.raises(Malformed):
        toml.load(data)


def test_dots_in_strings_are_no_keys() -> None:
    names = "\n".join(f'"{n}" = "pkg-{n}-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"' for n in range(1000))
    assert len(toml.load(names.encode())) == 1000


def test_dotted_words_in_texts_and_comments_are_no_keys() -> None:
    dots = "a." * 100
    text = f"""# {dots}
one = "{dots}" # {dots}
two = '{dots}'
three = '''
{dots}'''''
four = \"\"\"
{dots}\\\"\"\"\"
"""
    assert sorted(toml.load(text.encode())) == ["four", "one", "three", "two"]
