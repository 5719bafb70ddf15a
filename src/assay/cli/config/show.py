"""Shows every setting, its value, and where it came from.

Later wins: default, user file, project file, environment (ASSAY_...), flag. With SOURCE, as a command that
looks at that path would see it: a project file inside it only gives ignore rules.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.errors import ExitCode
from assay.report.console import printable

if TYPE_CHECKING:
    from assay.adapters.configuration import Setting


def register(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", metavar="SOURCE", nargs="?", type=Path, help="the path that would be looked at")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the settings."""
    settings = context.settings(arguments.source).by_name.values()
    sys.stdout.write(_json(*settings) if arguments.json else _table(*settings))
    return ExitCode.OK


def _json(*settings: Setting) -> str:
    import json

    return json.dumps({one.key.name: {"value": one.value, "origin": one.origin} for one in settings}, indent=2) + "\n"


def _table(*settings: Setting) -> str:
    rows = [("KEY", "VALUE", "ORIGIN"), *((one.key.name, _written(one), one.origin) for one in settings)]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "".join(f"{key:<{first}}  {value:<{second}}  {printable(origin)}\n" for key, value, origin in rows)


def _written(setting: Setting) -> str:
    if setting.value is None or setting.value == ():
        return "-"
    if isinstance(setting.value, bool):
        return "true" if setting.value else "false"
    return printable(", ".join(setting.value) if isinstance(setting.value, tuple) else setting.value)
