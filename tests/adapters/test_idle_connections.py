"""Connections that wait for the next request: used again, and not one for each host that was ever asked."""

from __future__ import annotations

import http.client
from contextlib import ExitStack

import pytest

from assay.adapters.registry import transport
from assay.adapters.registry.transport import Policy, Transport
from simulators.web import Web, serve


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[http.client.HTTPConnection]:
    """The connections that were made, in order."""
    found: list[http.client.HTTPConnection] = []
    really = http.client.HTTPConnection.connect

    def connect(self: http.client.HTTPConnection) -> None:
        really(self)
        found.append(self)

    monkeypatch.setattr(http.client.HTTPConnection, "connect", connect)
    return found


def test_of_many_hosts_those_that_were_asked_last_keep_their_connection(
    made: list[http.client.HTTPConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_IDLE", 3)
    with ExitStack() as stack:
        hosts = [stack.enter_context(serve(Web(files={"a": b"1"}))) for _ in range(5)]
        asking = Transport(Policy(attempts=1))

        def ask(number: int) -> None:
            asking.request("GET", hosts[number].url("a"), {}).read(10)

        for number in (0, 1, 2, 0, 3, 4):
            ask(number)
        assert len(made) == 5
        assert [one.sock is not None for one in made] == [True, False, False, True, True]
        for number in (0, 3, 4):
            ask(number)
        assert len(made) == 5
        ask(1)
        assert len(made) == 6
