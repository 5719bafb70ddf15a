"""Java runtimes: the file that jlink writes, and those of other makers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.jvm import release
from assay.model.ecosystem import File

PROOF = ("jvm", "native")


def _ids(text: str) -> list[str]:
    return [item.id for item in release.parse(File("opt/java/release", text.encode())).components]


def test_the_installed_runtime() -> None:
    """The version is that which ``java -version`` tells of the same runtime."""
    java = shutil.which("java")
    path = Path(java).resolve().parents[1] / "release" if java else Path("absent")
    if not java or not path.is_file():
        if os.environ.get("ASSAY_REQUIRE_ALL") == "1":
            pytest.fail("java with its release file is missing")
        pytest.skip("java with its release file is missing")
    told = subprocess.run([java, "-version"], check=True, capture_output=True, text=True).stderr
    (found,) = release.parse(File("opt/java/release", path.read_bytes())).components
    assert found.version.partition("+")[0] in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="21.0.3"\nJAVA_RUNTIME_VERSION="21.0.3+9-LTS"\n',
            "temurin@21.0.3%2B9",
        ),
        ('JAVA_VERSION="1.8.0_402"\nOS_NAME="Linux"\n', "openjdk@8.0.402"),
        ('IMPLEMENTOR="Azul Systems, Inc."\nJAVA_VERSION="17"\n', "zulu@17"),
        ('IMPLEMENTOR="Oracle Corporation"\nBUILD_TYPE="commercial"\nJAVA_VERSION="17.0.1"\n', "jdk@17.0.1"),
        ('IMPLEMENTOR="Oracle Corporation"\nJAVA_VERSION="17.0.1"\n', "openjdk@17.0.1"),
        ('GRAALVM_VERSION="22.3.0"\nJAVA_VERSION="17.0.5"\n', "graalvm@17.0.5"),
    ],
)
def test_makers(text: str, expected: str) -> None:
    assert _ids(text) == [f"pkg:generic/{expected}"]


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ('JAVA_VERSION="1.8.0_402"\n', "openjdk:8.0.402"),
        ('IMPLEMENTOR="Oracle Corporation"\nBUILD_TYPE="commercial"\nJAVA_VERSION="17.0.1"\n', "jdk:17.0.1"),
        ('GRAALVM_VERSION="22.3.0"\nJAVA_VERSION="17.0.5"\n', "openjdk:17.0.5"),
        ('GRAALVM_VERSION="23.0.1"\nJAVA_VERSION="17.0.8"\n', "graalvm_for_jdk:17.0.8"),
        ('GRAALVM_VERSION="dev"\nJAVA_VERSION="25"\n', "openjdk:25"),
    ],
)
def test_by_what_name_the_nvd_knows_it(text: str, product: str) -> None:
    (found,) = release.parse(File("opt/java/release", text.encode())).components
    assert found.cpes == (f"cpe:2.3:a:oracle:{product}:*:*:*:*:*:*:*",)


def test_other_files_of_that_name() -> None:
    assert _ids("1.2.3\n") == []


@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing(data: bytes) -> None:
    release.parse(File("release", b'JAVA_VERSION="' + data + b'"\n'))
