"""The flag that the commands which write SBOMs share."""

from __future__ import annotations

import argparse

from assay.cli import _parser


def add_output(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """What is written where."""
    action = parser.add_argument(
        "-o",
        "--output",
        action="append",
        required=required,
        metavar="FORMAT[@VERSION][=PATH]",
        help="write this format, to PATH or standard output; may be given several times",
    )
    _parser.offer(action, _names)


def _names() -> tuple[str, ...]:
    from assay.report import formats

    return formats.names()
