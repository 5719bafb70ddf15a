"""A web server in this process whose open connections end with it, as with a process that is killed."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class EndingServer(ThreadingHTTPServer):
    """Use `serving`."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """See `socketserver`."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """See `socketserver`."""
        self._open.discard(request)
        super().shutdown_request(request)

    def end(self) -> None:
        """Stop listening, and break off what is open."""
        self.shutdown()
        self.server_close()
        for one in list(self._open):
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)  # TLS or not: its own would take the cipher away, too


@contextmanager
def serving(
    handler: type[BaseHTTPRequestHandler], port: int = 0, context: ssl.SSLContext | None = None
) -> Iterator[EndingServer]:
    """A server on a port of loopback (0: a free one), with TLS where there is a context."""
    server = EndingServer(port, handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.end()
