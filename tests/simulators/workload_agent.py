"""The agent of SPIFFE as a workload sees it: Go's gRPC library serves it on a unix socket."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("spiffe_agent")
_BUILT = Path(__file__).parents[2] / ".cache" / "spiffe_agent"


@contextmanager
def agent(folder: Path, token: str) -> Iterator[str]:
    """Its address; it hands out this token, or refuses where that is empty."""
    place = folder / "agent.sock"
    with subprocess.Popen([_program(), str(place), token], stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(200):
                if place.is_socket():
                    break
                time.sleep(0.05)
            yield f"unix://{place}"
        finally:
            server.terminate()
            server.wait()
            place.unlink(missing_ok=True)


def _program() -> Path:
    """The program, built once; Go keeps the modules and checks them against go.sum."""
    go = shutil.which("go") or pytest.skip("there is no go")
    _BUILT.parent.mkdir(exist_ok=True)
    with _BUILT.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        newest = max(path.stat().st_mtime for path in SOURCE.iterdir())
        if not _BUILT.exists() or _BUILT.stat().st_mtime < newest:
            command = [go, "build", "-trimpath", "-o", str(_BUILT), "."]
            subprocess.run(command, cwd=SOURCE, check=True, env={**os.environ, "GOFLAGS": "-mod=readonly"})
    return _BUILT
