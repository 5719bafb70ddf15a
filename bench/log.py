"""``python -m bench log``: the log of an instance beside rekor-tiles' POSIX server, under the same load in one run.

Each server has all to itself; ours is a whole instance, as ``assay sigstore up`` serves it. Entries are distinct,
signed before the clock starts, and checked and stored durably by both. The load comes from the same machine.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench import inputs, log_growth, measure

BUILD = inputs.BUILD
PEER = BUILD / "bin" / "posix"
LOADS = ((1, 10), (32, 20), (256, 60), (4000, 30))
"""Connections, and for how many seconds."""
MOST = 2500
"""Entries a second for which requests are prepared; nobody has needed more."""
HEAD = [
    "| server | connections | entries/s | p50 ms | p99 ms | worst ms | CPU ms/entry | peak MB | other answers |",
    "|---|---|---|---|---|---|---|---|---|",
]


class Server(NamedTuple):
    """A running one."""

    url: str
    pid: int


@contextmanager
def ours(folder: Path, *flags: str) -> Iterator[Server]:
    """A fresh instance."""
    command = [sys.executable, "-m", "assay", "sigstore", "up", "--dev", "--listen", "127.0.0.1:0", *flags]
    environment = {**os.environ, "TMPDIR": str(folder)}
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, stdout=pipe, stderr=quiet, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield Server(process.stdout.readline().split(" ")[0], process.pid)
        finally:
            process.terminate()


@contextmanager
def theirs(folder: Path) -> Iterator[Server]:
    """rekor-tiles with a fresh folder, as it is when nothing is set, but with a checkpoint each second."""
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    ports = [str(free()) for _ in range(3)]
    command = [str(PEER), "serve", "--hostname", "log.example", "--storage-dir", str(folder / "log")]
    command += ["--signer-filepath", str(folder / "key.pem"), "--log-level", "error", "--checkpoint-interval", "1s"]
    command += ["--http-port", ports[0], "--grpc-port", ports[1], "--http-metrics-port", ports[2]]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            listening(int(ports[0]))
            yield Server(f"http://127.0.0.1:{ports[0]}", process.pid)
        finally:
            process.terminate()


def free() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def listening(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nobody listens on {port}")


def cpu(pid: int) -> float:
    """Seconds that a process and its children, as far as they live, have computed."""
    total = 0
    for one in measure.family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def loaded(name: str, server: Server, connections: int, seconds: float) -> str:
    """One row: a load from a process of its own."""
    most = str(int(MOST * seconds) if connections > 1 else 200 * int(seconds))
    words = [sys.executable, "-m", "bench.log_load", server.url, str(connections), str(seconds), most]
    before = cpu(server.pid)
    found = json.loads(subprocess.run(words, check=True, capture_output=True, timeout=seconds * 5 + 120).stdout)
    spent = cpu(server.pid) - before
    good = found["statuses"].pop("201", 0)
    memory = sum(map(measure.resident, measure.family(server.pid))) / 1e6
    times = " | ".join(str(found[key]) for key in ("p50_ms", "p99_ms", "worst_ms"))
    others = ", ".join(f"{count} x {status}" for status, count in sorted(found["statuses"].items()))
    each = 1000 * spent / max(good, 1)
    row = f"| {name} | {connections} | {found['per_second']} | {times} | {each:.2f} | {memory:.0f} | {others} |"
    print(row, flush=True)
    return row


def table() -> list[str]:
    """Both servers under every load, then the growth of ours."""
    lines = ["### Log", "", *HEAD]
    servers = {"assay": ours, **({"rekor-tiles": theirs} if PEER.exists() else {})}
    for connections, seconds in LOADS:
        for name, start in servers.items():
            folder = BUILD / "log"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            with start(folder) as server:
                lines.append(loaded(name, server, connections, seconds))
    shutil.rmtree(BUILD / "log", ignore_errors=True)
    most = int(os.environ.get("BENCH_LOG_ENTRIES", "10000000"))
    return [*lines, "", *(log_growth.table(BUILD / "log-growth", most) if most else [])]
