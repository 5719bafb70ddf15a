"""A trace of each review: one span for it, and one within for each question that it put to a registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assay.adapters.telemetry import Span, Tracing
from assay.app.companions import Decided, Figure

if TYPE_CHECKING:
    from assay.model.decision import Decision
    from assay.model.policy import AdmissionRequest


class ReviewTraces:
    """Begins and ends the spans of reviews: `assay.app.companions.Companion`."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    @property
    def figures(self) -> Sequence[Figure]:
        """What is measured."""
        tracing = self._tracing
        return (
            Figure("assay_spans_sent_total", "Spans that the collector took.", lambda: tracing.sent, "counter"),
            Figure("assay_spans_failed_total", "Spans that it did not take.", lambda: tracing.failed, "counter"),
        )

    @property
    def complaints(self) -> Mapping[str, str]:
        """Whether the collector is away."""
        return {"traces": "the collector takes none"} if self._tracing.is_failing else {}

    def start(self) -> None:
        """The library has its own thread."""

    def decided(self, told: Decided) -> None:
        """A span ends where its review does."""

    def close(self) -> None:
        """Send what waits."""
        self._tracing.close()

    def begin(self, request: AdmissionRequest, webhook: str, headers: Mapping[str, str]) -> Span:
        """The span of a review."""
        attributes: dict[str, str | bool] = {
            "assay.webhook": webhook,
            "assay.uid": request.uid,
            "assay.operation": str(request.operation),
            "k8s.namespace.name": request.namespace,
            "k8s.object.kind": request.kind.kind,
            "k8s.object.name": request.name,
            "assay.dry_run": request.dry_run,
        }
        return self._tracing.begin(f"{webhook} {request.kind.kind}", headers, attributes)


def end(span: Span, decision: Decision) -> None:
    """End the span of a review; a refusal is an answer, and no failure of ours."""
    attributes: dict[str, str | int] = {
        "assay.verdict": decision.verdict,
        "assay.action": decision.action,
        "assay.results": len(decision.results),
    }
    span.end(attributes, decision.message if decision.code not in (200, 403) else "")
