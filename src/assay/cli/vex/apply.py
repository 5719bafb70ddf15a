"""Applies VEX statements to a report that was written before: SARIF or assay's JSON.

assay vex apply findings.sarif --vex app.vex.json -o filtered.sarif
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assay.cli import Context
from assay.cli.vex import _document
from assay.errors import ExitCode, InputError


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("report", metavar="REPORT", help="SARIF or assay's JSON")
    parser.add_argument("--vex", action="append", required=True, metavar="FILE", help="VEX statements; repeatable")
    parser.add_argument("-o", "--output", default="-", metavar="PATH", help="where to; standard output by default")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write the report with the statements applied."""
    from assay.formats import json, json_bytes
    from assay.workflows import vex_report

    try:
        value = json.load_object(Path(arguments.report).read_bytes())
    except OSError as error:
        raise InputError(f"{arguments.report} cannot be read: {error.strerror}", "check the path") from error
    count = vex_report.apply(value, [_document.read(name) for name in arguments.vex])
    data = json_bytes.dump(value)
    context.note(f"{count} findings suppressed")
    if arguments.output == "-":
        sys.stdout.buffer.write(data)
        return ExitCode.OK
    from assay.adapters.output import writing

    with writing(Path(arguments.output)) as file:
        file.write(data)
    return ExitCode.OK
