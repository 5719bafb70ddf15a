"""JUnit XML: a suite for each ecosystem, a case for each finding; what could not be judged is skipped."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from assay.model.finding import Finding, Scan
from assay.report.findings import words
from assay.report.findings.format import Format, Options

FORMAT = Format("junit", "JUnit XML", (".xml",), "application/xml")
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(scan: Scan, options: Options) -> bytes:
    """The document."""
    suites: dict[str, list[str]] = {item.ecosystem: [] for item in scan.coverage}
    failures = dict.fromkeys(suites, 0)
    for item in scan.findings:
        name = item.matches[0].ecosystem
        suites.setdefault(name, []).append(_case(item))
        failures[name] = failures.get(name, 0) + 1
    skipped = dict.fromkeys(suites, 0)
    for gap in words.gaps(scan):
        attributes = f"classname={_quoted(gap.ecosystem)} name={_quoted(f'{gap.components} components')}"
        suites[gap.ecosystem].append(f"<testcase {attributes}><skipped message={_quoted(gap.message)}/></testcase>")
        skipped[gap.ecosystem] += 1
    for cover in scan.coverage:
        if not suites[cover.ecosystem]:
            attributes = f"classname={_quoted(cover.ecosystem)} name={_quoted(f'{cover.components} components')}"
            suites[cover.ecosystem].append(f"<testcase {attributes}/>")
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="assay" failures="{len(scan.findings)}">']
    for name, cases in suites.items():
        counts = f'tests="{len(cases)}" failures="{failures.get(name, 0)}" errors="0" skipped="{skipped.get(name, 0)}"'
        lines += [f" <testsuite name={_quoted(name)} {counts}>", *(f"  {case}" for case in cases), " </testsuite>"]
    return "\n".join([*lines, "</testsuites>", ""]).encode("utf-8", "replace")


def _case(item: Finding) -> str:
    found, component = item.vulnerability, item.component
    title = f"[{str(found.level).upper()}] {found.id}"
    message = found.summary or found.id
    fix = f"fixed in {', '.join(item.fixed)}" if item.fixed else words.fix(item) or "no fix is known"
    body = "\n".join((words.details(item), fix, " > ".join(item.path)))
    head = f"classname={_quoted(f'{words.package(component)}-{component.version}')} name={_quoted(title)}"
    failure = f'<failure message={_quoted(message)} type="{found.level}">{escape(_fit(body))}</failure>'
    return f"<testcase {head}>{failure}</testcase>"


def _fit(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)


def _quoted(text: str) -> str:
    return quoteattr(_fit(text))
