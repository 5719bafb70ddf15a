"""Compiles assay and what it always needs: ``python -m tools.bytecode``.

Python does so by itself when a module is imported first, but not where ``PYTHONDONTWRITEBYTECODE`` is set, as it is in
many containers: each start would compile everything again, which takes as long as the start itself. pip is told not
to compile (``--no-compile``), for most of what the tests want is never imported.
"""

from __future__ import annotations

import compileall
import importlib.util
import sys
from pathlib import Path

_PACKAGES = ("assay", "msgspec", "typing_extensions", "isal", "yaml", "zstandard", "cryptography", "re2")
_SERVER = ("anyio", "h11", "httptools", "jwt", "starlette", "uvicorn", "uvloop")


def main() -> int:
    """Compiles each package in place, without a word; one that is not there is passed over."""
    for name in (*_PACKAGES, *_SERVER):
        found = importlib.util.find_spec(name)
        for folder in found.submodule_search_locations or () if found else ():
            compileall.compile_dir(Path(folder), quiet=2)
        if found and found.origin and not found.submodule_search_locations:  # a module of one file
            compileall.compile_file(found.origin, quiet=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
