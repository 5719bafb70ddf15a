"""Makes a VEX document with one statement.

    assay vex create --product pkg:oci/app@sha256:… --vuln CVE-2023-1255 --status not_affected \\
        --justification vulnerable_code_not_in_execute_path -o openvex=app.vex.json
"""

from __future__ import annotations

import argparse

from assay.cli import Context
from assay.cli.vex import _document
from assay.errors import ExitCode

STATUSES = ("not_affected", "affected", "fixed", "under_investigation")


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("--product", action="append", required=True, metavar="PURL", help="the product; repeatable")
    parser.add_argument("--subcomponents", action="append", default=[], metavar="PURL", help="the part; repeatable")
    parser.add_argument(
        "--vuln", action="append", required=True, metavar="ID", help="the vulnerability and its aliases"
    )
    parser.add_argument("--status", required=True, choices=STATUSES, help="the answer")
    parser.add_argument("--justification", default="", metavar="WORD", help="why it is not affected")
    parser.add_argument("--impact-statement", default="", metavar="TEXT", help="why it is not affected, in words")
    parser.add_argument("--action-statement", default="", metavar="TEXT", help="what to do about it")
    parser.add_argument("--author", default="unknown", metavar="NAME", help="who says so")
    parser.add_argument("--id", default="", metavar="IRI", help="the document's own id")
    _document.add_output(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write the document."""
    from assay import app
    from assay.model.vex import Product, Statement, Status, VexDocument

    time = app.timestamp()
    parts = tuple((part,) for part in arguments.subcomponents)
    statement = Statement(
        vulnerability=tuple(arguments.vuln),
        status=Status(arguments.status),
        products=tuple(Product((name,), parts) for name in arguments.product),
        justification=arguments.justification,
        impact=arguments.impact_statement,
        action=arguments.action_statement,
        time=time,
    )
    document = VexDocument("openvex", arguments.id, arguments.author, time=time, statements=(statement,))
    _document.tell_problems(document, context)
    _document.write(_document.named(document), arguments.output)
    return ExitCode.OK
