"""Findings through a template of the user's own (Jinja2, sandboxed); it sees ``scan``, the report as plain values."""

from __future__ import annotations

from assay.model.finding import Scan
from assay.report.findings.format import Format, Options
from assay.report.findings.output.json import plain
from assay.report.template import rendered

FORMAT = Format("template", "Template", (), "text/plain")


def write(scan: Scan, options: Options) -> bytes:
    """The text that the template makes."""
    return rendered(options.template, scan=plain(scan))
