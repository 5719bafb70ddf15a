"""PostgreSQL from the distribution, on a unix socket in a folder of its own; it can be killed and started again.

It refuses to run as root, so root starts it as ``nobody``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from simulators.with_us import end_with_us

PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "wal_init_zero": "off",
    "recovery_init_sync_method": "syncfs",
}

_PATIENCE = 60.0
"""Seconds until it must answer: on a disk that others write to, a killed one looks after its files for long."""


def _place() -> str:
    """Memory, where there is some: on a disk, thousands of files take their time to be written and deleted."""
    memory = Path("/dev/shm")
    return str(memory) if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30 else "/tmp"


class PostgresServer:
    """A server in a temporary folder."""

    def __init__(self) -> None:
        if not PLACES:
            pytest.skip("postgresql is not installed (make system)")
        self.folder = Path(tempfile.mkdtemp(prefix="assay-pg-", dir=_place()))
        self._as: dict[str, Any] = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._databases = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        words = ["-D", str(self.folder / "data"), "-U", "assay", "-A", "trust", "-N", "--locale=C", "-E", "UTF8"]
        made = subprocess.run(
            [PLACES[0].with_name("initdb"), *words], capture_output=True, check=False, cwd=self.folder, **self._as
        )
        assert made.returncode == 0, made.stderr.decode()
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = [item for name, value in _SETTINGS.items() for item in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [PLACES[0], "-D", self.folder / "data", "-k", self.folder, *words],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                preexec_fn=end_with_us,
                **self._as,
            )
        self.connection("postgres").close()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends all connections, SIGQUIT is as a power failure."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_PATIENCE)
            self._process = None

    def remove(self) -> None:
        """Stop it for good."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://assay@/{database}?host={self.folder}"

    def connection(self, database: str) -> Any:
        """A connection of the tests."""
        import psycopg

        end = time.monotonic() + _PATIENCE
        while True:
            try:
                return psycopg.connect(self.address(database), autocommit=True)
            except psycopg.OperationalError:
                if time.monotonic() > end or self._process is None or self._process.poll() is not None:
                    raise AssertionError((self.folder / "log").read_text()) from None
                time.sleep(0.05)

    @cached_property
    def common(self) -> str:
        """A database for all tests that do not stop it: making one takes time."""
        return self.database()

    def database(self) -> str:
        """A new database; its address."""
        name = f"test_{next(self._databases)}"
        with self.connection("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.address(name)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start one, and take it away."""
    server = PostgresServer()
    try:
        yield server
    finally:
        server.remove()
