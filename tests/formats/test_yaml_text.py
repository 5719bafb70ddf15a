"""YAML that is written is read back by our reader and by both of PyYAML's."""

from __future__ import annotations

import pytest
import yaml as pyyaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assay.formats import yaml, yaml_text
from assay.formats.json import Json

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
OURS = st.none() | st.booleans() | st.integers(0, 1 << 50) | TEXT


def trees(scalars: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20
    )


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees(OURS | st.integers() | st.floats(allow_nan=False)))
@example([{"a\u2028b\x85\x7f\ufeff": "\U0001f600\ufffe \t- : # 'x' \"y\"\n"}])
@example({"yes": "no", "null": "1.0", "~": "2024-01-01", "<<": "x", "k" * 2000: {"a": [[1, [2]], {}]}, "=": "="})
@example([1e300, -1e-7, 1e16, float("inf")])
def test_pyyaml_reads_it_back(value: Json) -> None:
    data = yaml_text.dump(value)
    assert pyyaml.safe_load(data) == value
    assert pyyaml.load(data, Loader=pyyaml.CSafeLoader) == value


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees(OURS))
def test_we_read_it_back(value: Json) -> None:
    assert yaml.load(yaml_text.dump(value)) == value


def test_block_style() -> None:
    value: Json = {"name": "bash", "list": [{"a": 1, "b": ["x"]}, []], "none": {}}
    expected = 'name: "bash"\nlist:\n  - a: 1\n    b:\n      - "x"\n  - []\nnone: {}\n'
    assert yaml_text.dump(value).decode() == expected


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_half_surrogates_are_replaced(text: str) -> None:
    assert "\ufffd" in pyyaml.safe_load(yaml_text.dump([text]))[0]
