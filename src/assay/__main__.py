"""The command `assay`, and ``python -m assay``.

Nothing is imported here that ``assay --version`` does not need: it is asked by scripts, often.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # neither is needed at run time, and both cost
    from collections.abc import Sequence
    from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit code (`assay.errors.ExitCode`)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["--version"], ["-V"]):
        from assay import __version__

        sys.stdout.write(f"assay {__version__}\n")
        return 0
    from assay.cli._main import run

    return run(words)


def program() -> NoReturn:
    """`main` as a process, ended at once: to take the interpreter apart costs a tenth of a short command's time.

    Threads that still work and functions that wait for the end (`atexit`) get their time as ever.
    """
    import gc

    gc.set_threshold(100_000)  # to look for cycles among what is just being imported takes a tenth of it, too
    try:
        code = main()
    except KeyboardInterrupt:  # while the command was still being loaded
        os._exit(130)
    threading = sys.modules.get("threading")
    if threading is None or threading.active_count() == 1:
        import atexit

        atexit._run_exitfuncs()
        try:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        except (OSError, ValueError):
            pass
    sys.exit(code)


if __name__ == "__main__":
    program()
