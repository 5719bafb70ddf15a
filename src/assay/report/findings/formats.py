"""The output formats of findings, found by looking into `assay.report.findings.output`.

A format is one module there, named like the format with ``_`` for ``-``, with one ``FORMAT`` and
``write(scan: Scan, options: Options) -> bytes``. The bytes end with a newline and depend on nothing but the two
arguments. Nothing else is edited to add a format.
"""

from __future__ import annotations

from collections.abc import Callable

from assay.model.finding import Scan
from assay.report.console import Style
from assay.report.findings import output
from assay.report.findings.format import Format, Options
from assay.report.format_modules import FormatModules

__all__ = ["Format", "Options", "find", "names", "parse", "write"]


_FORMATS = FormatModules(output, Format)
names, find, parse = _FORMATS.names, _FORMATS.find, _FORMATS.parse


def write(scan: Scan, name: str, options: Options) -> bytes:
    """The scan in that format."""
    version = options.version or find(name).default
    function: Callable[[Scan, Options], bytes] = _FORMATS.module(name).write
    return function(scan, options._replace(version=version, style=options.style or Style()))
