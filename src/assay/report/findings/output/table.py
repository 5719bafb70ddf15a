"""Findings as aligned text, grouped, with the coverage below: silence is never shown as a clean report.

::

    app 1.0: 2 findings: 1 critical, 1 high

    django 3.2.0 (pypi)  requirements.txt
      CRITICAL  CVE-2022-28346  98.1  fixed in 3.2.13  exploited   pypa, 2026-07-23
      HIGH      CVE-2021-35042   4.2  fixed in 3.2.5               pypa, 2026-07-23
      -> 3.2.25 clears all 2

    COVERAGE   COMPONENTS  WHAT SILENCE MEANS
    PyPI                4  covered (pypa of 2026-07-23)
    Alpine:3.20        17  no advisory data for alpine 3.20
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from assay.model.advisory import Level
from assay.model.finding import Finding, Scan
from assay.report.console import Style, printable
from assay.report.findings import words
from assay.report.findings.format import Format, Options
from assay.report.table import aligned

FORMAT = Format("table", "Table", (".txt",), "text/plain", interactive=True)
_SHOWN = 5


def write(scan: Scan, options: Options) -> bytes:
    """The table."""
    style = options.style or Style()
    parts = [_title(scan, style)]
    for name, items in _grouped(scan.findings, options.group_by or "component"):
        parts += ["", f"{style.bold}{name}{style.reset}", *_rows(items, options.group_by, style)]
        parts += _cleared(items, options.group_by, style)
    parts += ["", *_bumps(scan, style)]
    parts += [*_coverage(scan, style)]
    if scan.warnings:
        parts += ["", *(f"{style.yellow}warning{style.reset} {printable(text)}" for text in scan.warnings)]
    return ("\n".join(parts) + "\n").encode("utf-8", "replace")


def _title(scan: Scan, style: Style) -> str:
    subject = scan.sbom.subject
    name = printable(f"{subject.name} {subject.version}".strip() or "components")
    colour = style.red if scan.findings else style.yellow if words.gaps(scan) else style.green
    title = f"{style.bold}{name}{style.reset}: {colour}{words.summary(scan)}{style.reset}"
    gaps = words.gap_summary(scan)
    return f"{title}\n{style.yellow}{gaps}{style.reset}" if gaps else title


_KEYS: dict[str, Callable[[Finding], str]] = {
    "component": lambda item: _component(item),
    "vulnerability": lambda item: f"{item.vulnerability.id} {item.vulnerability.summary}"[:120],
    "severity": lambda item: str(item.vulnerability.level),
    "path": lambda item: words.place(item.component) or "(no path)",
    "ecosystem": lambda item: item.matches[0].ecosystem,
}


def _component(item: Finding) -> str:
    component = item.component
    where = words.place(component)
    kind = f" ({component.world})" if component.world else ""
    return f"{words.package(component)} {component.version}{kind}{f'  {where}' if where else ''}"


def _grouped(findings: Iterable[Finding], by: str) -> Iterable[tuple[str, list[Finding]]]:
    groups: dict[str, list[Finding]] = {}
    for item in findings:
        groups.setdefault(printable(_KEYS[by](item)), []).append(item)
    return groups.items()


def _rows(items: Sequence[Finding], by: str, style: Style) -> list[str]:
    rows = []
    for item in items:
        found, match = item.vulnerability, item.matches[0]
        fix = words.fix(item)
        who = () if by == "component" else (f"{words.package(item.component)} {item.component.version}",)
        cells = (
            str(found.level).upper(),
            _ids(item),
            *who,
            f"{item.risk:.1f}",
            f"fixed in {fix}" if item.fixed else fix,
            " ".join(words.marks(item)),
            f"{match.feed}, {match.day or '?'}",
        )
        rows.append(tuple(map(printable, cells)))
    lines = aligned(rows)
    return [f"  {_coloured(line, item, style)}" for line, item in zip(lines, items, strict=True)]


def _ids(item: Finding) -> str:
    """The id, and the CVE beside it."""
    found = item.vulnerability
    return f"{found.id} ({found.cve})" if found.cve and found.cve != found.id else found.id


def _coloured(line: str, item: Finding, style: Style) -> str:
    level = item.vulnerability.level
    colour = {
        Level.CRITICAL: style.bold + style.red,
        Level.HIGH: style.red,
        Level.MEDIUM: style.yellow,
    }.get(level, style.blue)
    word = str(level).upper()
    return f"{colour}{word}{style.reset}{line[len(word) :]}" if colour else line


def _cleared(items: Sequence[Finding], by: str, style: Style) -> list[str]:
    if by != "component":
        return []
    first = items[0]
    lines = []
    if first.clears:
        what = "it" if len(items) == 1 else f"all {len(items)}"
        lines.append(f"  {style.green}-> {printable(first.clears)} clears {what}{style.reset}")
    if len(first.path) > 1:
        lines.append(f"  {style.dim}comes by {printable(' > '.join(first.path[:4]))}{style.reset}")
    return lines


def _bumps(scan: Scan, style: Style) -> list[str]:
    best = [item for item in words.bumps(scan) if item[2] > 1][:_SHOWN]
    if not best:
        return []
    lines = [
        f"  {printable(words.package(component))} {printable(component.version)} -> {printable(version)} clears {count}"
        for component, version, count in best
    ]
    return [f"{style.bold}Most is cleared by{style.reset}", *lines, ""]


def _coverage(scan: Scan, style: Style) -> list[str]:
    if not scan.coverage:
        return [f"{style.yellow}nothing was found that advisories could be asked about{style.reset}"]
    rows = [("COVERAGE", "COMPONENTS", "WHAT SILENCE MEANS")]
    rows += [
        (printable(item.ecosystem), str(item.components), printable(words.coverage_line(item)))
        for item in scan.coverage
    ]
    head, *lines = aligned(rows)
    coloured = [
        f"{style.yellow}{line}{style.reset}" if item.message else line
        for line, item in zip(lines, scan.coverage, strict=True)
    ]
    return [f"{style.bold}{head}{style.reset}", *coloured]
