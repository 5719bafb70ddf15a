"""Gatekeeper's suites among the tests of policies: see `assay.app.policy_tests` for what this file is to that."""

from __future__ import annotations

from collections.abc import Iterator

from assay.engines.policy.gatekeeper.suite import GROUP, Reader, SuiteRunner, is_suite
from assay.formats import manifest
from assay.model.policy_test import PolicyTestResult

ENDINGS = (".yaml", ".yml")


def takes(name: str, data: bytes) -> bool:
    """Whether a file, by its name and content, may be a suite."""
    return name.endswith(ENDINGS) and GROUP.encode() in data


def run(path: str, read: Reader) -> Iterator[PolicyTestResult]:
    """The results of every case in the file at `path`; raises `InputError` for one that cannot be read."""
    runner = SuiteRunner(read)
    for item in manifest.read(read(path), path):
        if is_suite(item.object):
            for result in runner.run(item):
                yield PolicyTestResult(path, result.test, result.case, result.outcome, result.fault)
