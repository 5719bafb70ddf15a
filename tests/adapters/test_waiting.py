"""Waiting for descriptors, also for those that `select()` does not take."""

from __future__ import annotations

import fcntl
import http.client
import os
import time
from collections.abc import Iterator

import pytest

from assay.adapters.registry.transport import Policy, Transport
from assay.adapters.waiting import readable
from simulators.web import Web, serve


@pytest.fixture(params=(3, 2000))
def pipe(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """The end to read, with a descriptor of at least so much, and the end to write."""
    read, write = os.pipe()
    moved = fcntl.fcntl(read, fcntl.F_DUPFD, request.param)
    os.close(read)
    yield moved, write
    os.close(moved)


def test_what_is_there_is_told_at_once_and_silence_when_its_time_is_over(pipe: tuple[int, int]) -> None:
    read, write = pipe
    before = time.monotonic()
    assert not readable(read, 0.05)
    assert time.monotonic() - before >= 0.05
    os.write(write, b"x")
    assert readable(read, 60)
    os.read(read, 1)
    assert not readable(read, 0)
    os.close(write)
    assert readable(read, 60)


@pytest.mark.usefixtures("crowded")
def test_a_connection_is_used_again_whatever_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    really = http.client.HTTPConnection.connect

    def connect(self: http.client.HTTPConnection) -> None:
        really(self)
        made.append(self.sock.fileno())

    monkeypatch.setattr(http.client.HTTPConnection, "connect", connect)
    with serve(Web(files={"a": b"1", "b": b"2"})) as web:
        transport = Transport(Policy(attempts=1))
        for path in "ab":
            transport.request("GET", web.url(path), {}).read(10)
    assert len(made) == 1 and made[0] > 1023
