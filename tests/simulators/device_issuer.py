"""An OpenID provider with a device flow (RFC 8628), on loopback; what it answers to each poll is given."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


@dataclass
class DeviceIssuer:
    """`polls` are the answers of the token endpoint, one by one; `asked` the forms that came, by path.

    Where it has no device flow (`offers` is false), its description names none.
    """

    polls: list[tuple[int, dict[str, object]]]
    begun: tuple[int, dict[str, object]] = (
        200,
        {
            "device_code": "long",
            "user_code": "ABCD-EFGH",
            "verification_uri": "https://login.example/device",
            "expires_in": 60,
            "interval": 2,
        },
    )
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""
    offers: bool = True


@contextmanager
def serve(issuer: DeviceIssuer) -> Iterator[DeviceIssuer]:
    """The server, until the end of the block."""
    handler = type("Handler", (_Handler,), {"issuer": issuer})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    issuer: DeviceIssuer

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        """The description, where OpenID Connect Discovery wants it."""
        url = self.issuer.url
        if self.path != "/.well-known/openid-configuration":
            self._answer(404, {})
            return
        found: dict[str, object] = {"issuer": url, "token_endpoint": f"{url}/token"}
        more: dict[str, object] = {"device_authorization_endpoint": f"{url}/device"} if self.issuer.offers else {}
        self._answer(200, found | more)

    def do_POST(self) -> None:
        """The beginning of the flow, and the polls."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.issuer.asked.append((self.path, {name: values[0] for name, values in form.items()}))
        self._answer(*(self.issuer.begun if self.path == "/device" else self.issuer.polls.pop(0)))

    def _answer(self, status: int, value: dict[str, object]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
