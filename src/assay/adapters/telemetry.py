"""Traces in OpenTelemetry's form, sent to a collector by OTLP over HTTP; the library is loaded where it is asked for.

``OTEL_EXPORTER_OTLP_ENDPOINT`` (or ``..._TRACES_ENDPOINT``) turns them on, and the other variables of the specification
hold: headers, certificates, ``OTEL_SERVICE_NAME``, ``OTEL_RESOURCE_ATTRIBUTES``, ``OTEL_TRACES_SAMPLER`` and those of
the batches. A trace that the API server began (``traceparent``) goes on. Nobody waits for the collector.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from assay.errors import UsageError

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

Answer = TypeVar("Answer")
Attributes = Mapping[str, str | int | float | bool]
SERVICE = "assay-admission"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_CLOSING = 5.0


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether the environment names a collector; raises `UsageError` for a protocol that is not spoken here."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "otlp") != "otlp" or not any(map(environment.get, _ENDPOINTS)):
        return False
    protocol = next((environment[name] for name in _PROTOCOLS if environment.get(name)), "http/protobuf")
    if protocol != "http/protobuf":
        raise UsageError(f"traces cannot be sent by {protocol}", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf")
    return True


class Span:
    """Something that is going on, with what is within it."""

    def __init__(self, tracer: Tracer, span: OtelSpan) -> None:
        self._tracer, self._span = tracer, span

    def within(self, name: str, attributes: Attributes, do: Callable[[], Answer]) -> Answer:
        """Does it in a span of its own, from whichever thread."""
        from opentelemetry.trace import SpanKind, set_span_in_context

        inside = set_span_in_context(self._span)
        child = self._tracer.start_span(name, inside, SpanKind.CLIENT, dict(attributes))
        try:
            return do()
        except BaseException as error:
            _failed(child, error)
            raise
        finally:
            child.end()

    def end(self, attributes: Attributes, failure: str = "") -> None:
        """It is over; `failure` says what went wrong with it."""
        from opentelemetry.trace import Status, StatusCode

        self._span.set_attributes(dict(attributes))
        if failure:
            self._span.set_status(Status(StatusCode.ERROR, failure[:1024]))
        self._span.end()


def _failed(span: OtelSpan, error: BaseException) -> None:
    from opentelemetry.trace import Status, StatusCode

    what = getattr(error, "what", "") or str(error)
    span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {what}"[:1024]))


class Tracing:
    """Begins spans, and sends them by a thread."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Raises `UsageError` where the library is not installed."""
        try:
            self._exporter = _Counted()
        except ImportError as error:
            raise UsageError(f"traces need {error.name}", "pip install 'assay[telemetry]'") from error
        self._provider = _provider(environment, self._exporter.exporter())
        self._tracer = self._provider.get_tracer("assay.admission")

    @property
    def sent(self) -> int:
        """Spans that the collector took."""
        return self._exporter.sent

    @property
    def failed(self) -> int:
        """Spans that it did not take."""
        return self._exporter.failed

    @property
    def is_failing(self) -> bool:
        """Whether it did not take the last ones."""
        return self._exporter.is_failing

    def begin(self, name: str, headers: Mapping[str, str], attributes: Attributes) -> Span:
        """The span of a request that came with `headers` (names in lower case)."""
        from opentelemetry.trace import SpanKind

        span = self._tracer.start_span(name, _parent(headers), SpanKind.SERVER, dict(attributes))
        return Span(self._tracer, span)

    def close(self) -> None:
        """Send what waits, for at most some seconds."""
        ending = Thread(target=self._provider.shutdown, name="traces", daemon=True)
        ending.start()
        ending.join(_CLOSING)


def _provider(environment: Mapping[str, str], exporter: SpanExporter) -> TracerProvider:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = "OTEL_SERVICE_NAME" in environment or "service.name=" in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    library = logging.getLogger("opentelemetry")
    library.addHandler(logging.NullHandler())
    library.propagate = False  # a collector that is away is counted and complained of, not logged each time
    found = TracerProvider(resource=Resource.create({} if named else {"service.name": SERVICE}))
    found.add_span_processor(BatchSpanProcessor(exporter))
    return found


def _parent(headers: Mapping[str, str]) -> Context:
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract(dict(headers), context=Context())


class _Counted:
    """The exporter of the library, its successes counted."""

    def __init__(self) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        self.sent = self.failed = 0
        self.is_failing = False
        self._inner: Any = OTLPSpanExporter()

    def exporter(self) -> SpanExporter:
        """For the library."""
        from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

        counted = self

        class Exporter(SpanExporter):
            def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
                result: SpanExportResult = counted._inner.export(spans)
                counted._count(len(spans), taken=result is SpanExportResult.SUCCESS)
                return result

            def shutdown(self) -> None:
                counted._inner.shutdown()

        return Exporter()

    def _count(self, number: int, *, taken: bool) -> None:
        self.is_failing = not taken
        if taken:
            self.sent += number
        else:
            self.failed += number
