"""A key service on loopback: JSON over HTTP, with a table of what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler

from simulators import ending_server

Answer = tuple[int, object]
"""Status and JSON; bytes are sent as they are."""


class KeyServer:
    """Answers with what `answer` gives for method, path and body; `token` is what each request must bear."""

    def __init__(self, answer: Callable[[str, str, dict[str, object]], Answer], token: str) -> None:
        self.answer, self.token = answer, token
        self.asked: list[tuple[str, str, dict[str, object]]] = []
        self.headers: list[dict[str, str]] = []
        self.refuse: Answer | None = None
        self.refuse_token: Answer | None = None
        self.url = ""

    def respond(self, method: str, path: str, body: dict[str, object], headers: dict[str, str]) -> Answer:
        """What a request is answered."""
        self.asked.append((method, path, body))
        self.headers.append(headers)
        refusal = self.refuse_token if path.startswith("/token") else self.refuse
        if refusal is not None:
            return refusal
        if not path.startswith("/token") and headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"error": {"status": "UNAUTHENTICATED", "code": "Unauthorized"}}
        return self.answer(method, path, body)

    @contextmanager
    def serving(self) -> Iterator[KeyServer]:
        """Serve until the end."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.handle_one("GET", {})

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                form = self.headers.get("Content-Type", "").startswith("application/json")
                self.handle_one("POST", json.loads(data) if form else {"form": data.decode()})

            def handle_one(self, method: str, body: dict[str, object]) -> None:
                status, found = outer.respond(method, self.path, body, dict(self.headers.items()))
                data = found if isinstance(found, bytes) else json.dumps(found).encode()
                with suppress(OSError):  # who asked may have gone
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        with ending_server.serving(Handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            yield self
