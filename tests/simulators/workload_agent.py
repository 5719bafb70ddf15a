"""The agent of SPIFFE as a workload sees it: Go's gRPC library serves it on a unix socket."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simulators import go_program


@contextmanager
def agent(folder: Path, token: str) -> Iterator[str]:
    """Its address; it hands out this token, or refuses where that is empty."""
    place = folder / "agent.sock"
    with subprocess.Popen([go_program.built("spiffe_agent"), str(place), token], stderr=subprocess.DEVNULL) as server:
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
