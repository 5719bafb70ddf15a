"""The command `assay`, and ``python -m assay``.

Nothing is imported here that ``assay --version`` does not need: it is asked by scripts, often.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code (`assay.errors.ExitCode`)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["--version"], ["-V"]):
        from assay import __version__

        sys.stdout.write(f"assay {__version__}\n")
        return 0
    from assay.cli._main import run

    return run(words)


if __name__ == "__main__":
    sys.exit(main())
