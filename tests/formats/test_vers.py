"""Ranges of manifests as version range specifiers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.formats import vers


@pytest.mark.parametrize(
    ("scheme", "text", "wanted"),
    [
        ("npm", "^1.2.3", "vers:npm/>=1.2.3|<2.0.0"),
        ("npm", "^0.2.3", "vers:npm/>=0.2.3|<0.3.0"),
        ("npm", "^0.0.3", "vers:npm/>=0.0.3|<0.0.4"),
        ("npm", "~1.2.3", "vers:npm/>=1.2.3|<1.3.0"),
        ("npm", ">=1.0.0 <2.0.0", "vers:npm/>=1.0.0|<2.0.0"),
        ("npm", "*", "vers:npm/*"),
        ("npm", "1.x", ""),
        ("npm", "^1.0.0 || ^2.0.0", ""),
        ("pypi", "<2,>=1.0,!=1.5", "vers:pypi/>=1.0|!=1.5|<2"),
        ("pypi", "~=2.2", "vers:pypi/>=2.2|<3"),
        ("pypi", "~=1.4.5", "vers:pypi/>=1.4.5|<1.5"),
        ("pypi", "==1.*", ""),
        ("pypi", ">=1.0; python_version < '3'", ""),
        ("gem", "~> 2.2", "vers:gem/>=2.2|<3"),
        ("gem", "~> 2", ""),
        ("cargo", "1.2", "vers:cargo/>=1.2|<2.0"),
        ("pypi", ">=1.0+local", "vers:pypi/>=1.0%2Blocal"),
        ("npm", "vers:npm/1", "vers:npm/1"),
        ("", ">=1", ""),
        ("npm", "latest", ""),
    ],
)
def test_write(scheme: str, text: str, wanted: str) -> None:
    assert vers.write(scheme, text) == wanted


@given(st.sampled_from(["npm", "cargo", ""]), st.text("0123456789.^~<>=!*|, x-", max_size=30))
def test_anything(scheme: str, text: str) -> None:
    written = vers.write(scheme, text)
    assert not written or written.startswith(f"vers:{scheme}/")
