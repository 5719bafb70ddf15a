"""pnpm's own YAML read line by line: what is read says the same as the YAML parser; lists are left empty."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems import npm
from assay.ecosystems.npm import pnpm_text
from assay.formats import yaml
from assay.formats.json import Json

_FIXTURES = Path(npm.__file__).parent / "fixtures"
_LOCKS = sorted(_FIXTURES.glob("*/input/**/pnpm-lock.yaml"))
_SAMPLE = """\
lockfileVersion: '6.0'

importers:

  .:
    dependencies:
      '@s/a':
        specifier: ^1.0.0 || ^2.0.0
        version: 1.1.0(bar@2.0.0)
    devDependencies: {}

packages:

  /@s/a@1.1.0(bar@2.0.0):
    resolution: {integrity: sha512-0hYQ8SB4Db5zvZB4axdMHGwEaQ==, tarball: https://code.example/a.tgz}
    engines: {node: '>=6.9.0'}
    cpu: [x64, arm]
    transitivePeerDependencies:
      - supports-color
    peerDependencies:
      bar: '*'
    deprecated: it''s old
    dev: false
    optional: true
    size: 12
"""


@pytest.mark.parametrize("path", _LOCKS, ids=lambda path: str(path.relative_to(_FIXTURES)))
def test_what_pnpm_writes_is_regular(path: Path) -> None:
    assert _same(path.read_bytes())


def test_the_sample_is_regular() -> None:
    assert _same(_SAMPLE.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n",
        "a: &x 1\nb: *x\n",
        "a: |\n  text\n",
        "a: >-\n  text\n",
        "a: one\n  two\n",
        "a: 1\n  b: 2\n",
        "a:\n  b: 1\n c: 2\n",
        "a:\n  - 1\n  b: 2\n",
        "a:\n  - b: 1\n",
        "a: b: c\n",
        "a: b #c\n",
        "a: {b: {c: d}}\n",
        "a: {b: c\n  , d: e}\n",
        'a: "b"\n',
        "a:\tb\n",
        "a: b\r\n",
        "a: b\u00e9\n",
        "---\na: b\n",
        "a: b\n...\n",
        "!!map a: b\n",
        f"{'k' * 1100}: v\n",
        "".join(f"{' ' * depth}a:\n" for depth in range(200)),
    ],
)
def test_anything_else_is_left_to_the_parser(text: str) -> None:
    assert pnpm_text.read(text.encode()) is None


_PIECES = (
    *(
        "  ",
        " ",
        "\n",
        "'",
        "''",
        ": ",
        ":",
        " #",
        "#",
        "- x",
        "{a: b}",
        "[x, y]",
        "[]",
        "{}",
        "{",
        "}",
        ",",
        ", ",
        "~",
    ),
    *(
        "null",
        "true",
        "1.0",
        "&a",
        "*a",
        "!!str",
        "|",
        ">",
        "---\n",
        "...\n",
        '"a"',
        "? ",
        "\t",
        "<<: ",
        "a:\n",
        "%",
        "@",
    ),
    *("`", "=", "\r\n", "a: b\n", "  - y\n", "\x7f", "\u00e9"),
)


@given(st.lists(st.tuples(st.sampled_from(_PIECES), st.integers(0, len(_SAMPLE))), max_size=3))
def test_no_piece_makes_the_two_differ(pieces: list[tuple[str, int]]) -> None:
    text = _SAMPLE
    for piece, at in pieces:
        text = text[:at] + piece + text[at:]
    _same(text.encode())


def _same(data: bytes) -> bool:
    """Whether the document is regular; then it says the same as the YAML parser."""
    found = pnpm_text.read(data)
    if found is not None:
        assert found == _without_lists(yaml.load(data))
    return found is not None


def _without_lists(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _without_lists(item) for key, item in value.items()}
    return [] if isinstance(value, list) else value
