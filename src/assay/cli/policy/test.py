"""Runs the tests of policies: Gatekeeper's suites, Kyverno's tests and assay's own.

Each PATH is a file of tests, or a folder that is searched for them. Exit code 1 where a test fails.

    assay policy test policies/
    assay policy test -o junit policies/ > results.xml
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assay.cli import Context
from assay.errors import ExitCode, InputError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay policy test``."""
    parser.add_argument("path", metavar="PATH", nargs="+", type=Path, help="a file of tests, or a folder with some")
    parser.add_argument("-o", "--output", choices=("table", "json", "junit"), default="table", help="how it is written")
    parser.add_argument("--fail-only", action="store_true", help="show only what fails")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Run every test, and say how it went."""
    from assay.app import policy_tests
    from assay.report import policy_tests as report

    found = policy_tests.find(arguments.path)
    if not found:
        names = ", ".join(map(str, arguments.path))
        raise InputError(
            f"there are no tests in {names}", "name a suite.yaml of Gatekeeper or assay, or a kyverno-test.yaml"
        )
    with context.progress("testing", len(found)) as bar:
        results, files = [], set[str]()
        for result in policy_tests.run(found):
            results.append(result)
            bar.advance(int(result.file not in files))
            files.add(result.file)
    shown = [result for result in results if result.outcome == "fail" or not arguments.fail_only]
    match arguments.output:
        case "json":
            sys.stdout.buffer.write(report.as_json(shown))
        case "junit":
            sys.stdout.buffer.write(report.junit(shown))
        case _:
            sys.stdout.write(report.table(shown, context.style) + report.summary(results))
    return ExitCode.NO if any(result.outcome == "fail" for result in results) else ExitCode.OK
