"""Tokens of SPIFFE's agent: by the real gRPC library, and by agents that are none."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assay.adapters import oidc
from assay.adapters.oidc import spiffe
from assay.errors import ExternalError, UsageError
from simulators.workload_agent import agent


def test_a_workload_gets_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long one takes several frames."""
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "GOOGLE_SERVICE_ACCOUNT_NAME"):
        monkeypatch.delenv(name, raising=False)
    held = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJzcGlmZmU6Ly9leGFtcGxlLm9yZy9hcHAiLCJhdWQiOlsic2lnc3RvcmUiXX0"
    for signature in ("c2ln", "c2ln" * 10_000):
        with agent(tmp_path, f"{held}.{signature}") as address:
            assert spiffe.token(address, "sigstore") == f"{held}.{signature}"
            with pytest.raises(ExternalError, match="no token"):
                spiffe.token(address, "another")
            if len(signature) == 4:
                found = oidc.found("", {spiffe.VARIABLE: address}, time.time())
                assert found is not None and found.claims["sub"] == "spiffe://example.org/app"


def test_a_workload_that_is_not_registered_is_told(tmp_path: Path) -> None:
    with agent(tmp_path, "") as address, pytest.raises(ExternalError, match="no token") as refused:
        spiffe.token(address, "sigstore")
    assert "register" in refused.value.remedy


def frame(kind: int, flags: int, content: bytes, stream: int = 1) -> bytes:
    return len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content


def message(content: bytes, size: int | None = None) -> bytes:
    return frame(0, 0, b"\0" + (len(content) if size is None else size).to_bytes(4, "big") + content) + frame(1, 5, b"")


@contextmanager
def impostor(folder: Path, said: bytes, *, stays: bool = False) -> Iterator[str]:
    """Somebody who says one thing to whoever comes, and hangs up unless he stays."""
    place, done = folder / "impostor.sock", threading.Event()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()

        def serve() -> None:
            with listener.accept()[0] as link:
                link.settimeout(60)
                link.recv(4096)
                link.sendall(said)
                if stays:
                    done.wait(60)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"unix://{place}"
        finally:
            done.set()
            thread.join()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        frame(7, 0, b"\0" * 8, 0),
        frame(3, 0, b"\0\0\0\1"),
        message(b"\x0a\x03\x12\x01a", 99),
        message(b"\x0a\x7f\x12\x01a"),
        message(b"\x08\x01"),
        message(b"\x0a"),
        message(b"\xff" * 12),
        message(b"\x0a\x03\x12\x01\xff"),
        message(b"\x0a\x03\x0a\x01a"),
        frame(0, 0, b"\1\0\0\0\0") + frame(1, 5, b""),
        frame(0, 8, b"\xff\0") + frame(1, 5, b""),
        frame(0, 0, b"x" * 16384) * 65,
    ],
)
def test_an_agent_that_is_none_is_told(tmp_path: Path, said: bytes) -> None:
    with impostor(tmp_path, said) as address, pytest.raises(ExternalError, match="SPIFFE agent"):
        spiffe.token(address, "sigstore")


def test_an_agent_that_says_nothing_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spiffe, "SECONDS", 0.2)
    with (
        impostor(tmp_path, frame(4, 0, b"", 0), stays=True) as address,
        pytest.raises(ExternalError, match="timed out"),
    ):
        spiffe.token(address, "sigstore")


@pytest.mark.parametrize(
    "address", ["", "agent.sock", "unix:", "unix://host/path", "tcp://host", "tcp://h:x", "http://h:1"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="SPIFFE_ENDPOINT_SOCKET"):
        spiffe.token(address, "sigstore")


def test_an_agent_that_is_away_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExternalError, match="did not answer"):
        spiffe.token(f"unix://{tmp_path}/nobody", "sigstore")
    with pytest.raises(ExternalError, match="did not answer"):
        spiffe.token(f"unix://{tmp_path}/{'n' * 200}", "sigstore")
