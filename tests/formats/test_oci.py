"""Platforms as people write them."""

from __future__ import annotations

import pytest

from assay.errors import UsageError
from assay.formats.oci import parse_platform
from assay.model.image import Platform


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/arm64/v8", Platform("linux", "arm64", "v8")),
        ("arm64", Platform("linux", "arm64")),
        ("linux", Platform("linux", "amd64")),
        ("windows", Platform("windows", "amd64")),
        ("linux/x86_64", Platform("linux", "amd64")),
    ],
)
def test_platforms(text: str, platform: Platform) -> None:
    assert parse_platform(text) == platform


@pytest.mark.parametrize("text", ["linux/", "/amd64", "a/b/c/d"])
def test_what_is_no_platform(text: str) -> None:
    with pytest.raises(UsageError):
        parse_platform(text)
