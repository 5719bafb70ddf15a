"""Kyverno's own policy tests, run as its command runs them: a result for each that a test expects.

What cannot be evaluated counts as missed: Notary signatures, and what a registry alone can answer.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from pathlib import Path

import pytest
import zstandard

from assay.engines.policy.kyverno_test import testing
from assay.errors import AssayError, InputError
from assay.model.policy_test import PolicyTestResult
from conformance.suite import Case, Tally, folder, lines


def test_every_result_is_as_kyverno_expects_it() -> None:
    suite, tally = folder("kyverno"), Tally("kyverno")
    files = unpacked(suite / "tests.tar.zst")
    for case in lines(suite / "index.jsonl"):
        found = run(case, files)
        if case["expected"] == "fail":
            seen = "fail" if any(result.outcome == "fail" for result in found) else "pass"
            tally.add(case["name"], "fail", seen)
            continue
        for number in range(case["results"]):
            result = found[number] if number < len(found) else PolicyTestResult("", "", "", "not run")
            wrong = f"{result.outcome}: {result.message}"
            tally.add(f"{case['name']}#{number} {result.case}", "pass", "pass" if result.outcome == "pass" else wrong)
    tally.close(least=0.98)


def run(case: Case, files: dict[str, bytes]) -> list[PolicyTestResult]:
    """The results of a test file; a fault of the whole is the one result."""

    def read(path: str) -> bytes:
        if path not in files:
            raise InputError(f"there is no {path}")
        return files[path]

    try:
        return list(testing.run(posixpath.normpath(case["test"]), read))
    except AssayError as error:
        return [PolicyTestResult(case["test"], "", "", "fail", error.what)]


def unpacked(archive: Path) -> dict[str, bytes]:
    """The files of the suite, by path."""
    with archive.open("rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                found[posixpath.normpath(member.name)] = content.read()
    return found


@pytest.mark.parametrize("name", ["kyverno-test.yaml", "other.yaml"])
def test_files_of_tests_are_known_by_name_or_content(name: str) -> None:
    data = b"apiVersion: cli.kyverno.io/v1alpha1\nkind: Test\n"
    assert testing.takes(name, data)
    assert testing.takes(name, b"kind: Pod") is (name == "kyverno-test.yaml")
