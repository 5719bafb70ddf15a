"""Markdown for comments on changes: a summary, a table, what could not be judged."""

from __future__ import annotations

import re

from assay.model.finding import Finding, Scan
from assay.report.console import printable
from assay.report.findings import words
from assay.report.findings.format import Format, Options

FORMAT = Format("markdown", "Markdown", (".md",), "text/markdown", interactive=True)
_MARKS = re.compile(r"([\\`*_{}\[\]()<>#|~!])")


def write(scan: Scan, options: Options) -> bytes:
    """The page."""
    subject = scan.sbom.subject
    lines = [f"## {_safe(f'{subject.name} {subject.version}'.strip())}", "", f"**{_safe(words.summary(scan))}**", ""]
    gaps = words.gap_summary(scan)
    if gaps:
        lines += [f"⚠️ {_safe(gaps)}", ""]
    if scan.findings:
        lines += ["| Severity | Vulnerability | Package | Installed | Fixed in | Risk | Data of |"]
        lines += ["|---|---|---|---|---|---:|---|", *map(_row, scan.findings), ""]
    best = [item for item in words.bumps(scan) if item[2] > 1][:10]
    if best:
        lines += ["### Most is cleared by", ""]
        lines += [f"- {_safe(words.package(c))} {_safe(c.version)} → **{_safe(v)}** clears {n}" for c, v, n in best]
        lines += [""]
    lines += [
        "<details><summary>Coverage</summary>",
        "",
        "| Ecosystem | Components | What silence means |",
        "|---|---:|---|",
    ]
    lines += [
        f"| {_safe(item.ecosystem)} | {item.components} | {_safe(words.coverage_line(item))} |"
        for item in scan.coverage
    ]
    lines += ["", "</details>"]
    lines += [f"\n> {_safe(text)}" for text in scan.warnings]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _row(item: Finding) -> str:
    found = item.vulnerability
    marks = f" **{', '.join(words.marks(item))}**" if words.marks(item) else ""
    cells = (
        f"{found.level}",
        f"{_safe(found.id)}{marks}",
        _safe(words.package(item.component)),
        _safe(item.component.version),
        _safe(words.fix(item)),
        f"{item.risk:.1f}",
        _safe(item.matches[0].day or "?"),
    )
    return f"| {' | '.join(cells)} |"


def _safe(text: str) -> str:
    """Text that Markdown and HTML show as it is, on one line."""
    return _MARKS.sub(r"\\\1", printable(text)).replace("@", "&#64;")
