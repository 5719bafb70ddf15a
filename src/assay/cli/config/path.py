"""Shows which configuration files are read.

The files that exist and count, weakest first: the user's, then the project's or the one that --config names.
With --user, where the user's file is or would be.
"""

from __future__ import annotations

import argparse
import os
import sys

from assay.cli import Context
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--user", action="store_true", help="the place of the user's file, whether it exists or not")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the paths, one a line."""
    from assay.adapters.configuration import files

    if not arguments.user:
        paths = context.settings().files
        if not paths:
            context.note("no configuration file is there; --user tells where yours would be")
    elif mine := files.user_file(os.environ):
        paths = (mine,)
    else:
        raise UsageError("no place for a user file: HOME is not set", "set HOME or XDG_CONFIG_HOME")
    sys.stdout.writelines(f"{path}\n" for path in paths)
    return ExitCode.OK
