"""``--resource FILE`` and other flags of the commands about policies that name files, any number of times."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_flag(parser: argparse.ArgumentParser, flag: str, about: str, metavar: str = "FILE") -> None:
    """The flag; its value is a list, empty where it is not given."""
    parser.add_argument(flag, metavar=metavar, type=Path, action="append", default=[], help=about)
