"""Shows every setting, its value, and where it came from.

Later wins: default, user file, project file, environment (ASSAY_...), flag. With SOURCE, as a command that
looks at that path would see it: a project file inside it only gives ignore rules. `data-dir` and `cache-dir` are the
folders that are used, the platform's own ones where nothing is set.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.errors import ExitCode, UsageError
from assay.report.console import printable

if TYPE_CHECKING:
    from assay.adapters.configuration import Setting


def register(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", metavar="SOURCE", nargs="?", type=Path, help="the path that would be looked at")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the settings."""
    found = context.settings(arguments.source)
    places = {"data-dir": context.data_dir, "cache-dir": context.cache_dir}
    settings = [
        _placed(one, lambda: places[name](found)) if (name := one.key.name) in places else one
        for one in found.by_name.values()
    ]
    sys.stdout.write(_json(*settings) if arguments.json else _table(*settings))
    return ExitCode.OK


def _placed(setting: Setting, place: Callable[[], Path]) -> Setting:
    """The setting with the folder that it means; as it is where there is none, for a user without a home."""
    try:
        return setting._replace(value=str(place()))
    except UsageError:
        return setting


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
