"""Results of policy tests: a table for people, JSON and JUnit for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from assay.formats import json_bytes
from assay.formats.json import Json
from assay.model.policy_test import PolicyTestResult
from assay.report.console import Style, printable
from assay.report.table import aligned

_HEAD = ("RESULT", "FILE", "TEST")
MAX_MESSAGE = 2000


def table(results: Sequence[PolicyTestResult], style: Style) -> str:
    """A line for each case, with the reason below where it failed."""
    rows = [(result.outcome, printable(result.file), printable(result.title)) for result in results]
    lines = [*aligned([_HEAD, *rows])]
    shown = lines[:1]
    for line, result in zip(lines[1:], results, strict=True):
        bad = result.outcome == "fail"
        shown.append(f"{style.red}{line}{style.reset}" if bad else line)
        if bad:
            shown.append(f"  {printable(result.message[:MAX_MESSAGE])}")
    return "\n".join(shown) + "\n" if results else ""


def summary(results: Sequence[PolicyTestResult]) -> str:
    """The counts in one line."""
    counts = Counter(result.outcome for result in results)
    files = len({result.file for result in results})
    return (
        f"{counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped "
        f"in {files} {'file' if files == 1 else 'files'}\n"
    )


def as_json(results: Sequence[PolicyTestResult]) -> bytes:
    """Everything as one document."""
    cases: list[Json] = [
        {"file": item.file, "test": item.test, "case": item.case, "result": item.outcome, "message": item.message}
        for item in results
    ]
    counts = Counter(result.outcome for result in results)
    return json_bytes.dump({"summary": {name: counts[name] for name in ("pass", "fail", "skip")}, "results": cases})


def junit(results: Sequence[PolicyTestResult]) -> bytes:
    """JUnit's XML: a test suite for each file."""
    files: dict[str, list[PolicyTestResult]] = {}
    for result in results:
        files.setdefault(result.file, []).append(result)
    counts = Counter(result.outcome for result in results)
    head = f'<testsuites tests="{len(results)}" failures="{counts["fail"]}" skipped="{counts["skip"]}">'
    suites = [line for file, found in files.items() for line in _suite(file, found)]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>", ""]).encode()


def _suite(file: str, results: Sequence[PolicyTestResult]) -> list[str]:
    counts = Counter(result.outcome for result in results)
    numbers = f'tests="{len(results)}" failures="{counts["fail"]}" skipped="{counts["skip"]}"'
    cases = [line for result in results for line in _case(result)]
    return [f"  <testsuite name={quoteattr(printable(file))} {numbers}>", *cases, "  </testsuite>"]


def _case(result: PolicyTestResult) -> list[str]:
    names = f"classname={quoteattr(printable(result.test))} name={quoteattr(printable(result.case or result.test))}"
    message = printable(result.message[:MAX_MESSAGE])
    match result.outcome:
        case "fail":
            inner = f"<failure message={quoteattr(message)}>{escape(message)}</failure>"
        case "skip":
            inner = "<skipped/>"
        case _:
            return [f"    <testcase {names}/>"]
    return [f"    <testcase {names}>{inner}</testcase>"]
