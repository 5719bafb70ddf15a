"""A collector of OpenTelemetry on loopback: takes traces by OTLP over HTTP, and decodes them."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from simulators import ending_server


class OtlpReceiver:
    """The spans that came, as the protocol has them; `status` is what it answers."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.services: set[str] = set()
        self.headers: list[dict[str, str]] = []
        self.status, self.port = 200, 0

    @property
    def url(self) -> str:
        """For ``OTEL_EXPORTER_OTLP_ENDPOINT``."""
        return f"http://127.0.0.1:{self.port}"

    def wait(self, number: int, seconds: float = 60) -> list[Any]:
        """The spans, once there are so many."""
        end = time.monotonic() + seconds
        while len(self.spans) < number and time.monotonic() < end:
            time.sleep(0.05)
        return list(self.spans)

    def take(self, body: bytes) -> None:
        """Decode a request."""
        asked = ExportTraceServiceRequest()
        asked.ParseFromString(body)
        for resource in asked.resource_spans:
            found = {item.key: item.value.string_value for item in resource.resource.attributes}
            self.services.add(found.get("service.name", ""))
            for scope in resource.scope_spans:
                self.spans += scope.spans


def attributes(span: Any) -> dict[str, str]:
    """The texts among a span's attributes."""
    return {item.key: item.value.string_value for item in span.attributes}


@contextmanager
def otlp_receiver() -> Iterator[OtlpReceiver]:
    """One that listens."""
    found = OtlpReceiver()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            found.headers.append({key.lower(): value for key, value in self.headers.items()})
            if found.status == 200 and self.path == "/v1/traces":
                found.take(body)
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with ending_server.serving(Handler) as server:
        found.port = server.server_address[1]
        yield found
        server.server_close()
