"""A container engine's API on a unix socket, as far as assay speaks it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote


@contextmanager
def serve(path: Path, images: dict[str, bytes], requests: list[str] | None = None) -> Iterator[None]:
    """Answer on `path`: `images` are docker archives by name; what is asked is noted in `requests`."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def address_string(self) -> str:
            return ""

        def do_GET(self) -> None:
            if requests is not None:
                requests.append(self.path)
            name, _, what = unquote(self.path).removeprefix("/images/").rpartition("/")
            if name not in images:
                self.send_error(404)
                return
            data = images[name] if what == "get" else b'{"Id": "sha256:0"}'
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

    with Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
