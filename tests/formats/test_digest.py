"""Subresource Integrity: one digest is read fast, everything else in general; both say the same."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.adapters import content
from assay.formats import digest
from assay.model.digest import Algorithm

_SHA512 = base64.b64encode(hashlib.sha512(b"a").digest()).decode()
_SHA1 = base64.b64encode(hashlib.sha1(b"a", usedforsecurity=False).digest()).decode()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"sha512-{_SHA512}", [hashlib.sha512(b"a").hexdigest()]),
        (f" sha512-{_SHA512} ", [hashlib.sha512(b"a").hexdigest()]),
        (f"SHA512-{_SHA512}?option", [hashlib.sha512(b"a").hexdigest()]),
        (
            f"sha1-{_SHA1} sha512-{_SHA512}",
            ["86f7e437faa5a7fce15d1ddcb9eaeaea377667b8", hashlib.sha512(b"a").hexdigest()],
        ),
        (f"sha1-{_SHA512}", []),
        (f"sha512-{_SHA512[:-2]}", []),
        ("sha512-", []),
        ("md4-AAAA", []),
        ("sha512", []),
        ("", []),
    ],
)
def test_integrity(text: str, found: list[str]) -> None:
    assert [one.value for one in digest.parse_sri(text)] == found
    assert list(digest.parse_sri(text)) == list(digest._each_sri(text))


@given(
    st.sampled_from([_SHA512, _SHA1, "AAAA", ""]),
    st.integers(0, 90),
    st.sampled_from(["=", " ", "-", "A", "\n", "\u00e9", "?"]),
)
def test_no_character_makes_the_two_ways_differ(value: str, at: int, character: str) -> None:
    for name in ("sha512", "sha1", "Sha1", "sha-512", "x"):
        text = f"{name}-{value[:at]}{character}{value[at:]}"
        assert list(digest.parse_sri(text)) == list(digest._each_sri(text))


@pytest.mark.parametrize("algorithm", [Algorithm.SHA1, Algorithm.SHA256, Algorithm.SHA512, Algorithm.SHA3_256])
def test_what_is_mapped_is_hashed_without_staying_in_memory(algorithm: Algorithm) -> None:
    data = bytes(range(256)) * (37 << 10) + b"x"
    mapped = content.spool([memoryview(data)], len(data))
    assert not isinstance(mapped, bytes)
    expected = hashlib.new(str(algorithm).replace("-", "_"), data, usedforsecurity=False).hexdigest()
    assert digest.of(data, algorithm).value == expected
    assert digest.of(mapped, algorithm).value == expected
    assert _resident(len(data)) == 0
    assert mapped[:] == data


def _resident(size: int) -> int:
    """Kilobytes that count as memory, of the mapped temporary file of that size."""
    for area in re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text(), flags=re.MULTILINE):
        length = re.search(rf"^Size: +{-(-size // 4096) * 4} kB", area, re.MULTILINE)
        if length and "(deleted)" in area.partition("\n")[0]:
            return int(re.findall(r"^Rss: +(\d+) kB", area, re.MULTILINE)[0])
    raise AssertionError("it is not mapped")
