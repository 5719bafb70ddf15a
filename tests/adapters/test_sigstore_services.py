"""What the services of an instance refuse is told in their words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from assay.adapters.registry.transport import Policy, Transport
from assay.adapters.sigstore.services import Services
from assay.errors import Refused
from assay.trust import signing


@contextmanager
def refusing(body: bytes) -> Iterator[str]:
    """Somebody who refuses every request with these words."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(400)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


REASONS = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "it has expired"}]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            json.dumps({"code": 3, "message": "a bad token", "details": REASONS}).encode(),
            "refused: a bad token: it has expired",
        ),
        (json.dumps({"message": "a bad token", "details": ["x", 7, {}]}).encode(), "refused: a bad token"),
        (json.dumps({"message": 7, "details": {"reason": "x"}}).encode(), "refused: nothing"),
        (b"[" * 100_000, r"refused: \[\[\["),
        (b"<html>no", "refused: <html>no"),
        (b"", "refused: nothing"),
    ],
)
def test_a_refusal_is_told_with_its_reason(body: bytes, told: str) -> None:
    with refusing(body) as url, pytest.raises(Refused, match=told):
        Services(Transport(Policy())).certificate(url, signing.generate(), "a.b.c")
