"""A real S3 server on loopback: versitygw over a folder, built once; a proxy before it fails as it is told."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from simulators.processes import PATIENCE, free_port, reachable, within
from simulators.with_us import end_with_us

VERSION = "1.8.0"
CACHE = Path(__file__).parents[2] / ".cache"
BUCKET = "assay"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "assay",
    "AWS_SECRET_ACCESS_KEY": "only-for-tests",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}
_FULL = b"<?xml version='1.0'?><Error><Code>XMinioStorageFull</Code><Message>full</Message></Error>"


class ObjectServer:
    """The server; `folder` holds the bucket's objects as files."""

    def __init__(self) -> None:
        program = _program()
        self.folder = Path(tempfile.mkdtemp(prefix="assay-s3-"))
        (self.folder / "root" / BUCKET).mkdir(parents=True)
        self.port = free_port()
        self._prefixes = count(1)
        environment = {
            **os.environ,
            "ROOT_ACCESS_KEY": ENVIRONMENT["AWS_ACCESS_KEY_ID"],
            "ROOT_SECRET_KEY": ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
        }
        words = ["--quiet", "--port", f"127.0.0.1:{self.port}", "posix", "--sidecar", str(self.folder / "meta")]
        (self.folder / "meta").mkdir()
        self._log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(
            [program, *words, str(self.folder / "root")],
            env=environment,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=end_with_us,
        )
        assert within(PATIENCE, lambda: reachable(self.port)), (self.folder / "log").read_text()

    def address(self, port: int | None = None) -> str:
        """The address of a new prefix, through a proxy on `port` where there is one."""
        endpoint = quote(f"http://127.0.0.1:{port or self.port}", safe="")
        return f"s3://{BUCKET}/p{next(self._prefixes)}?endpoint={endpoint}"

    def files(self, address: str) -> Path:
        """Where the objects of a prefix are as files."""
        return self.folder / "root" / BUCKET / address.removeprefix(f"s3://{BUCKET}/").partition("?")[0]

    def remove(self) -> None:
        """Stop it for good."""
        self._process.kill()  # it would wait for clients that keep their connections
        self._process.wait(PATIENCE)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class FaultyProxy:
    """Before the server: `mode` is ``""``, ``down``, ``full`` or ``slow``; as a network and a store fail."""

    def __init__(self, behind: int) -> None:
        self._behind, self.mode, self.delay = behind, "", 0.0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # which a close does not: accept() would go on waiting
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", self._behind)) as server:
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()
            while data := client.recv(1 << 16):
                if self.mode == "down":
                    return
                if self.mode == "full" and data.startswith(b"PUT "):
                    head = b"HTTP/1.1 507 Insufficient Storage\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                    client.sendall(head % len(_FULL) + _FULL)
                    return
                if self.mode == "slow":
                    time.sleep(self.delay)
                server.sendall(data)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def _program() -> Path:
    """The program, built once (2 minutes); Go keeps the modules."""
    built = CACHE / f"versitygw-{VERSION}"
    CACHE.mkdir(exist_ok=True)
    with built.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            go = shutil.which("go") or pytest.skip("there is no go")
            with tempfile.TemporaryDirectory(dir=CACHE) as place:
                environment = {**os.environ, "GOBIN": place, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "auto"}
                command = [go, "install", "-trimpath", f"github.com/versity/versitygw/cmd/versitygw@v{VERSION}"]
                done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=900)
                if done.returncode:
                    pytest.skip(f"versitygw cannot be built: {done.stderr.decode()[-300:]}")
                Path(place, "versitygw").rename(built)
    return built


@contextmanager
def object_server() -> Iterator[ObjectServer]:
    """Start one, and take it away."""
    server = ObjectServer()
    try:
        yield server
    finally:
        server.remove()
