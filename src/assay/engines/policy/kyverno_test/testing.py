"""Kyverno's tests among the tests of policies: see `assay.app.policy_tests` for what this file is to that."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from assay.engines.policy.kyverno_test.reading import is_test
from assay.engines.policy.kyverno_test.running import run as run_test
from assay.formats import manifest
from assay.model.policy_test import PolicyTestResult

NAMES = ("kyverno-test.yaml", "kyverno-test.yml")


def takes(name: str, data: bytes) -> bool:
    """Whether a file, by its name and content, may be a test."""
    return name in NAMES or (name.endswith((".yaml", ".yml")) and b"cli.kyverno.io" in data and b"kind: Test" in data)


def run(path: str, read: Callable[[str], bytes]) -> Iterator[PolicyTestResult]:
    """A result for each that the tests in the file at `path` expect; raises `InputError` for an unreadable file."""
    for item in manifest.read(read(path), path):
        if is_test(item.object):
            for row in run_test(item, read):
                yield PolicyTestResult(path, row.test, row.case, "pass" if row.ok else "fail", row.message)
