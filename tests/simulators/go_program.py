"""Programs in Go that tests run: a folder beside this file each, built once."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
_KEPT = HERE.parents[1] / ".cache"


def built(name: str) -> Path:
    """The program of the folder; Go keeps the modules and checks them against go.sum."""
    go = shutil.which("go") or pytest.skip("there is no go")
    source, program = HERE / name, _KEPT / name
    _KEPT.mkdir(exist_ok=True)
    with program.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        newest = max(path.stat().st_mtime for path in source.iterdir())
        if not program.exists() or program.stat().st_mtime < newest:
            command = [go, "build", "-trimpath", "-o", str(program), "."]
            subprocess.run(command, cwd=source, check=True, env={**os.environ, "GOFLAGS": "-mod=readonly"})
    return program
