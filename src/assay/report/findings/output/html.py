"""One self-contained page for people."""

from __future__ import annotations

from assay.model.finding import Scan
from assay.report.findings.format import Format, Options
from assay.report.findings.html import page

FORMAT = Format("html", "HTML page", (".html",), "text/html", interactive=True)


def write(scan: Scan, options: Options) -> bytes:
    """The page."""
    return page.write(scan)
