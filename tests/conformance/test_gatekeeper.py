"""The suites of Gatekeeper's library: every case judged by every engine that its template has code for.

Where a template has Rego and CEL, both must say the same; what is observed is then the one answer, else the faults.
"""

from __future__ import annotations

import posixpath
from pathlib import Path

from assay.engines.policy.gatekeeper.suite import CaseResult, SuiteRunner, is_suite
from assay.engines.policy.gatekeeper.templates import CEL, REGO
from assay.formats import manifest
from conformance import suite

ENGINES = {"cel": CEL, "rego-v0": REGO, "rego-v1": REGO}


def test_every_case_of_the_library_is_judged_as_gatekeeper_judges_it() -> None:
    folder = suite.folder("gatekeeper")
    tally = suite.Tally("gatekeeper")
    runners = {engine: SuiteRunner(lambda path: (folder / path).read_bytes(), engine) for engine in (CEL, REGO)}
    for entry in suite.lines(folder / "index.jsonl"):
        seen = [run(runners[ENGINES[engine]], folder, entry["suite"]) for engine in entry["engines"]]
        for case in entry["case_list"]:
            key = case["test"], case["case"]
            answers = {answer(found[key]) if key in found else "not run" for found in seen}
            tally.add("/".join((entry["name"], *key)), case["expected"], "; ".join(sorted(answers)))
    tally.close(least=0.99)


def run(runner: SuiteRunner, folder: Path, path: str) -> dict[tuple[str, str], CaseResult]:
    """The results of a suite, by test and case."""
    found = manifest.read((folder / path).read_bytes(), posixpath.normpath(path))
    return {
        (result.test, result.case): result for item in found if is_suite(item.object) for result in runner.run(item)
    }


def answer(result: CaseResult) -> str:
    """allow or deny; where an assertion does not hold, why."""
    if result.outcome != "pass":
        return f"{result.outcome}: {result.fault}"
    return "deny" if result.results else "allow"
