"""A workload's token from the agent of SPIFFE (SPIFFE Workload API, 6.2: ``FetchJWTSVID``).

The API is one gRPC call over a local socket. What that takes of HTTP/2 (RFC 9113) is written here: one stream, and
headers that are sent unpacked (RFC 7541, 6.2.2) and never read.

::

    SPIFFE_ENDPOINT_SOCKET=unix:///run/spire/agent.sock      or tcp://127.0.0.1:8081
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from assay.errors import ExternalError, UsageError

VARIABLE = "SPIFFE_ENDPOINT_SOCKET"
SECONDS = 10.0
MAX_ANSWER = 1 << 20
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GO_AWAY = 0, 1, 3, 4, 6, 7
_ACK = _END_STREAM = 0x1
_END_HEADERS, _PADDED = 0x4, 0x8
_MAX_FRAME = 16384
_HEAD = (
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/SpiffeWorkloadAPI/FetchJWTSVID"),
    (":authority", "localhost"),
    ("te", "trailers"),
    ("content-type", "application/grpc"),
    ("workload.spiffe.io", "true"),
)
_REMEDY = "register the workload with its agent, or pass --identity-token"


def token(address: str, audience: str) -> str:
    """The token of this workload's first identity; raises `ExternalError`, `UsageError` for what is no address."""
    try:
        with _connected(address) as link:
            answer = _Call(link, time.monotonic() + SECONDS).ask(_field(1, audience.encode()))
    except OSError as error:
        raise ExternalError(f"the SPIFFE agent at {address} did not answer: {error}", _REMEDY) from error
    return _svid(answer, address)


def _connected(address: str) -> socket.socket:
    place = urlsplit(address)
    try:
        host, port = place.hostname, place.port
    except ValueError:
        host, port = None, None
    if place.scheme == "unix" and place.path and not place.netloc:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(SECONDS)
        try:
            link.connect(place.path)
        except OSError:
            link.close()
            raise
        return link
    if place.scheme == "tcp" and host and port:
        return socket.create_connection((host, port), SECONDS)
    raise UsageError(f"{VARIABLE}={address} is no address of an agent", "unix:///PATH or tcp://IP:PORT")


class _Call:
    """One call on a fresh connection."""

    def __init__(self, link: socket.socket, until: float) -> None:
        self._link, self._until = link, until

    def ask(self, message: bytes) -> bytes:
        """The message that comes back; empty where the agent refuses."""
        head = b"".join(b"\0" + _short(name) + _short(value) for name, value in _HEAD)
        body = b"\0" + len(message).to_bytes(4, "big") + message
        frames = _frame(_SETTINGS, 0, 0, b"") + _frame(_HEADERS, _END_HEADERS, 1, head)
        self._link.sendall(_PREFACE + frames + _frame(_DATA, _END_STREAM, 1, body))
        found = b""
        for piece in self._answer():
            found += piece
            if len(found) > MAX_ANSWER:
                raise OSError("its answer is too long")
        if not found:
            return b""
        if found[0] != 0 or len(found) < 5 or int.from_bytes(found[1:5], "big") != len(found) - 5:
            raise OSError("its answer is no message")
        return found[5:]

    def _answer(self) -> Iterator[bytes]:
        while True:
            kind, flags, stream, content = self._read()
            if kind == _SETTINGS and not flags & _ACK:
                self._link.sendall(_frame(_SETTINGS, _ACK, 0, b""))
            elif kind == _PING and not flags & _ACK:
                self._link.sendall(_frame(_PING, _ACK, 0, content))
            elif kind in (_RESET, _GO_AWAY):
                raise OSError("it broke the call off")
            elif stream == 1 and kind in (_DATA, _HEADERS):
                if kind == _DATA:
                    yield content[1 : len(content) - content[0]] if flags & _PADDED and content else content
                if flags & _END_STREAM:
                    return

    def _read(self) -> tuple[int, int, int, bytes]:
        head = self._exactly(9)
        size = int.from_bytes(head[:3], "big")
        if size > _MAX_FRAME:
            raise OSError("it does not speak HTTP/2")
        kind, flags, stream = struct.unpack(">BBI", head[3:])
        return kind, flags, stream & 0x7FFFFFFF, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._link.settimeout(left)
            piece = self._link.recv(size - len(found))
            if not piece:
                raise OSError("it hung up")
            found += piece
        return found


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return len(content).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + content


def _short(text: str) -> bytes:
    """A text of less than 127 bytes, not packed."""
    return bytes([len(text)]) + text.encode()


def _field(number: int, value: bytes) -> bytes:
    """A field of protobuf that has a length, below 128."""
    return bytes([number << 3 | 2, len(value)]) + value


def _svid(answer: bytes, address: str) -> str:
    """``JWTSVIDResponse.svids[0].svid``."""
    try:
        first = next(content for number, content in _fields(answer) if number == 1)
        return next(content for number, content in _fields(first) if number == 2).decode("ascii")
    except StopIteration:
        raise ExternalError(f"the SPIFFE agent at {address} has no token for this workload", _REMEDY) from None
    except (ValueError, IndexError) as error:
        raise ExternalError(f"the SPIFFE agent at {address} answered something else: {error}", _REMEDY) from error


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a message that have a length; these messages hold no others."""
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        size, at = _number(data, at)
        if key & 7 != 2 or size > len(data) - at:
            raise ValueError("a message that is not known")
        yield key >> 3, data[at : at + size]
        at += size


def _number(data: bytes, at: int) -> tuple[int, int]:
    found = 0
    for shift in range(0, 35, 7):
        byte = data[at]
        found |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return found, at
    raise ValueError("a number that is too long")
