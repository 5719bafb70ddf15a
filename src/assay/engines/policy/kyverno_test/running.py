"""A test run: its policies asked about its resources, and the answers held against what it expects."""

from __future__ import annotations

from collections.abc import Iterator

from assay.engines.policy.kyverno_test import checks, judging
from assay.engines.policy.kyverno_test.judging import Row
from assay.engines.policy.kyverno_test.policies import load_all
from assay.engines.policy.kyverno_test.reading import Reader, TestFile, load
from assay.engines.policy.kyverno_test.surroundings import Surroundings
from assay.engines.policy.kyverno_test.trying import responses
from assay.errors import AssayError
from assay.formats.manifest import Manifest


def run(found: Manifest, read: Reader) -> Iterator[Row]:
    """A row for each result that the test expects; a test that cannot be run fails in all of them."""
    test = load(found, read)
    expected = list(test.expected())
    try:
        rows = list(_rows(test))
    except AssayError as error:
        yield from (Row(test.name, one.case, False, error.what) for one in expected)
        if not expected:
            yield Row(test.name, "", False, error.what)
        return
    yield from rows


def _rows(test: TestFile) -> Iterator[Row]:
    policies = load_all(test)
    surroundings = Surroundings.of(test)
    found = list(responses(test, policies, surroundings))
    for one in test.expected():
        yield judging.judge(test, one, found, policies.problems)
    yield from checks.rows(test, found)
