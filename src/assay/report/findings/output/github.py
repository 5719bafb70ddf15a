"""Annotations of GitHub Actions (workflow commands)."""

from __future__ import annotations

from assay.model.advisory import Level
from assay.model.finding import Finding, Scan
from assay.report.console import printable
from assay.report.findings import words
from assay.report.findings.format import Format, Options

FORMAT = Format("github", "GitHub annotations", (".txt",), "text/plain")
_COMMANDS = {Level.CRITICAL: "error", Level.HIGH: "error", Level.MEDIUM: "warning"}


def write(scan: Scan, options: Options) -> bytes:
    """A line for each finding and each gap."""
    lines = [_line(item) for item in scan.findings]
    lines += [
        f"::warning title=assay coverage::{_data(f'{item.ecosystem}: {item.message}')}" for item in words.gaps(scan)
    ]
    lines.append(f"::notice title=assay::{_data(words.summary(scan))}")
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _line(item: Finding) -> str:
    found, place = item.vulnerability, item.component.occurrences[0] if item.component.occurrences else None
    fix = f"fixed in {', '.join(item.fixed)}" if item.fixed else words.fix(item) or "no fix is known"
    text = f"{words.package(item.component)} {item.component.version}: {found.summary or found.id}; {fix}"
    where = f"file={_property(place.path)},line={max(place.line, 1)}," if place is not None else ""
    command = _COMMANDS.get(found.level, "notice")
    return f"::{command} {where}title={_property(f'{found.id} ({found.level})')}::{_data(text)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
