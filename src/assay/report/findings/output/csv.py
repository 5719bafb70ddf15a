"""A row for each finding, for spreadsheets; what could not be judged is in rows of its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from assay.formats.component_csv import harmless
from assay.model.finding import Finding, Scan
from assay.report.console import printable
from assay.report.findings import words
from assay.report.findings.format import Format, Options

FORMAT = Format("csv", "CSV", (".csv",), "text/csv")
COLUMNS = (
    "status",
    "id",
    "aliases",
    "severity",
    "score",
    "risk",
    "epss",
    "exploited",
    "package",
    "version",
    "ecosystem",
    "purl",
    "fix_state",
    "fixed_in",
    "cleared_by",
    "path",
    "direct_dependency",
    "source",
    "data_of",
    "reason",
)


def write(scan: Scan, options: Options) -> bytes:
    """The table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    rows = [_row("finding", item) for item in scan.findings]
    rows += [_row("suppressed", item) for item in scan.suppressed]
    rows += [_gap(item.ecosystem, item.components, item.message) for item in words.gaps(scan)]
    writer.writerows([harmless(printable(cell)) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _row(status: str, item: Finding) -> Sequence[str]:
    found, match = item.vulnerability, item.matches[0]
    said = item.suppression
    return (
        status,
        found.id,
        " ".join(found.ids[1:]),
        str(found.level),
        str(found.score) if found.score >= 0 else "",
        str(item.risk),
        str(found.likelihood.probability) if found.likelihood is not None else "",
        " ".join(words.marks(item)),
        words.package(item.component),
        item.component.version,
        item.component.world,
        str(item.component.purl or ""),
        str(item.state),
        " ".join(item.fixed),
        item.clears,
        words.place(item.component),
        item.bump,
        match.feed,
        match.day,
        f"{said.cause}: {said.reason}" if said is not None else words.details(item),
    )


def _gap(ecosystem: str, components: int, message: str) -> Sequence[str]:
    filler = [""] * (len(COLUMNS) - 11)
    return ("unjudged", "", "", "", "", "", "", "", f"{components} components", "", ecosystem, *filler[:-1], message)
