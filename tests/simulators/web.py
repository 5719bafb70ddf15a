"""A web server in this process, on loopback: files with validators and ranges, and misbehaviour on demand."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from simulators import ending_server


@dataclass
class Web:
    """The files by path (with the query, where one was asked for), and what was asked.

    `drop_after` bytes the connection breaks, `drops` times; `status` answers a path with a code instead; `stall`
    seconds pass before an answer begins.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    drop_after: int = 0
    drops: int = 0
    stall: float = 0
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    port: int = 0

    def url(self, path: str = "") -> str:
        """The address of a file."""
        return f"http://127.0.0.1:{self.port}/{path}"

    def clear(self) -> None:
        """Forget what was asked."""
        for told in (self.requests, self.headers, self.answers):
            told.clear()


@contextmanager
def serve(web: Web) -> Iterator[Web]:
    """The server, until the end of the block."""
    handler = type("Handler", (_Handler,), {"web": web})
    with ending_server.serving(handler) as server:
        web.port = server.server_address[1]
        yield web


class _Handler(BaseHTTPRequestHandler):
    web: Web
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        """A file, or a part of it."""
        web, path = self.web, self.path.lstrip("/")
        web.requests.append(path)
        web.headers.append(dict(self.headers))
        time.sleep(web.stall)
        if path in web.status or path not in web.files:
            self._answer(web.status.get(path, 404), b"")
            return
        data = web.files[path]
        etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self._answer(304, b"", ETag=etag)
            return
        start = 0
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes=") and self.headers.get("If-Range") == etag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        place = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
        self._answer(206 if start else 200, data[start:], ETag=etag, **place)

    def _answer(self, status: int, data: bytes, **headers: str) -> None:
        web = self.web
        web.answers.append(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if web.drops and len(data) > web.drop_after > 0:
            web.drops -= 1
            self.wfile.write(data[: web.drop_after])
            self.wfile.flush()
            self.close_connection = True
            self.connection.close()
            return
        self.wfile.write(data)
