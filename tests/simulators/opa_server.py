"""An OPA server's REST interface on loopback, as far as assay speaks it, with regorus behind it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import regorus

from simulators import ending_server


class State:
    """What the server holds."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.policies: dict[str, str] = {}
        self.data: dict[str, Any] = {}
        self.tokens: list[str] = []
        self.lock = threading.Lock()

    def engine(self, extra: dict[str, str]) -> regorus.Engine:
        """An engine with everything in it."""
        made = regorus.Engine()
        made.set_rego_v0(self.version == "v0")
        for name, text in {**self.policies, **extra}.items():
            made.add_policy(name, text)
        made.add_data_json(json.dumps(self.data))
        return made


class Handler(BaseHTTPRequestHandler):
    """PUT of policies and data, POST of questions."""

    state: State

    def do_PUT(self) -> None:
        path, body = self.path.split("/")[2:], self._body()
        with self.state.lock:
            if path[0] == "policies":
                try:
                    self.state.engine({path[1]: body.decode()})
                except RuntimeError as error:
                    self._answer(400, {"message": "error(s) occurred", "errors": [{"message": str(error)[:200]}]})
                    return
                self.state.policies[path[1]] = body.decode()
            else:
                self.state.data.setdefault(path[1], {})[path[2]] = json.loads(body)
        self._answer(200, {})

    def do_POST(self) -> None:
        given = json.loads(self._body())["input"]
        with self.state.lock:
            engine = self.state.engine({})
            engine.set_input_json(json.dumps(given))
            try:
                found = engine.eval_query_as_json(".".join(["data", *self.path.split("/")[3:]]))
            except RuntimeError as error:
                self._answer(500, {"code": "internal_error", "message": str(error)[:200]})
                return
        results = json.loads(found).get("result")
        self._answer(200, {"result": results[0]["expressions"][0]["value"]} if results else {})

    def _body(self) -> bytes:
        self.state.tokens.append(self.headers.get("Authorization", ""))
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _answer(self, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is said."""


@contextmanager
def serving(version: str = "v0") -> Iterator[tuple[str, State]]:
    """The address of a server, and what it holds."""
    state = State(version)
    handler = type("OpaHandler", (Handler,), {"state": state})
    with ending_server.serving(handler) as server:
        yield f"http://127.0.0.1:{server.server_port}", state
