"""Conda: match specifications, channels, and hostile bytes; the plain cases are fixtures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.conda import environment, installed, lock, package
from assay.errors import AssayError, Malformed
from assay.model.ecosystem import File


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python", ("", "python", "", "")),
        ("python =3.12", ("", "python", "", "=3.12")),
        ("python==3.12.1", ("", "python", "3.12.1", "")),
        ("c::openssl=3.4.0=h7b32b05_1", ("c", "openssl", "3.4.0", "")),
        ("numpy 1.26.* py312_0", ("", "numpy", "", "1.26.* py312_0")),
        ("numpy[version='>=1']>=1", ("", "numpy", "", ">=1")),
        ("", ("", "", "", "")),
    ],
)
def test_a_match_specification(text: str, expected: tuple[str, str, str, str]) -> None:
    assert package.match_spec(text) == expected


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("conda-forge", "conda-forge"),
        ("https://conda.example/conda-forge/linux-64", "conda-forge"),
        ("https://conda.example/team/stable/", "team%2Fstable"),
    ],
)
def test_the_channel_is_a_name(channel: str, expected: str) -> None:
    data = f'{{"name": "a", "version": "1", "subdir": "linux-64", "channel": "{channel}"}}'.encode()
    (component,) = installed.parse(File("env/conda-meta/a-1.json", data)).components
    assert component.id == f"pkg:conda/a@1?channel={expected}&subdir=linux-64"


def test_a_record_without_a_name_is_malformed() -> None:
    with pytest.raises(Malformed):
        installed.parse(File("env/conda-meta/a.json", b'{"version": "1"}'))


def test_virtual_packages_of_the_system_are_no_dependencies() -> None:
    data = b'{"name": "a", "version": "1", "depends": ["__glibc >=2.17", "b >=1"]}'
    assert [need.names for need in installed.parse(File("env/conda-meta/a.json", data)).needs] == [("b",)]


@pytest.mark.parametrize("read", [installed.parse, environment.parse, lock.parse])
@given(data=st.binary(max_size=200) | st.sampled_from(
    [b"dependencies: {a: b}", b"dependencies: [1, {pip: 3}, [x]]", b"package: [1, {name: a, hash: x, url: 3}]",
     b'{"name": "a", "version": "1", "depends": 3, "files": [1], "md5": []}']
))  # fmt: skip
def test_no_reader_raises_anything_else(read: object, data: bytes) -> None:
    assert callable(read)
    try:
        read(File("env/conda-meta/a.json", data))
    except AssayError:
        return
