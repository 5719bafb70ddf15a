"""Prints the completion script of a shell.

Load it once per session, or put it where the shell looks:

  bash: source <(assay completion bash)
  zsh:  source <(assay completion zsh)
  fish: assay completion fish | source
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="which shell")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the script."""
    from assay.cli import _completion

    sys.stdout.write(_completion.script(arguments.shell))
    return ExitCode.OK
