"""The agent of SPIFFE as a workload sees it: Go's gRPC library serves it on a unix socket."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulators import go_program
from simulators.processes import PATIENCE, within


@contextmanager
def agent(folder: Path, token: str) -> Iterator[str]:
    """Its address; it hands out this token, or refuses where that is empty."""
    place = folder / "agent.sock"
    with subprocess.Popen([go_program.built("spiffe_agent"), str(place), token], stderr=subprocess.DEVNULL) as server:
        try:
            assert within(PATIENCE, lambda: _listens(place))
            yield f"unix://{place}"
        finally:
            server.terminate()
            server.wait()
            place.unlink(missing_ok=True)


def _listens(place: Path) -> bool:
    """Whether somebody is at a socket: the file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(str(place)) == 0
