"""The admission webhooks: AdmissionReviews over HTTPS (``/validate``, ``/mutate``), and what is told about them.

A request has the time-out that the API server names (``?timeout=10s``) minus one second. It is evaluated with what is
known; where answers of registries are missing it waits for them without holding a thread, and is evaluated again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qs

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.app import decision_entries, review_traces
from assay.app.admission import Controller, Session
from assay.app.companions import Companion, Decided
from assay.app.decision_evidence import DecisionEvidence
from assay.app.decision_log import DecisionLog
from assay.app.review_traces import ReviewTraces
from assay.engines.policy import deciding
from assay.engines.policy.shape import duration
from assay.errors import AssayError, InputError
from assay.formats import admission_review, json, json_bytes
from assay.model.decision import Decision
from assay.model.policy import AdmissionRequest, Object, Outcome
from assay.server import cycles, http_bodies, metrics
from assay.server.gatekeeper_provider import Provider
from assay.server.metrics import Counter, Gauge, Histogram
from assay.server.parts import Part

MAX_BODY = 16 << 20
TIMEOUT = 10.0
_THREADS = 4
_RELOAD = 1.0
_ASIDE = 1.0
"""Seconds to wait for what only the record wants: enough for a registry that is well."""
_AGAIN = 30
_ROUNDS = 20


class Webhooks:
    """Both webhooks of a controller."""

    def __init__(self, controller: Controller, companions: Sequence[Companion] = ()) -> None:
        """Reviews are traced where `ReviewTraces` is among the companions."""
        self._traces = next((item for item in companions if isinstance(item, ReviewTraces)), None)
        self._evidence = next((item for item in companions if isinstance(item, DecisionEvidence)), None)
        self._controller, self._companions = controller, companions
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="reviews")
        self.reviews = Counter("assay_admission_reviews_total", "Reviews that were answered.")
        self.verdicts = Counter("assay_admission_verdicts_total", "Results of rules.")
        self.seconds = Histogram("assay_admission_seconds", "Time from request to answer.")
        self.glasses = Counter("assay_admission_break_glass_total", "Results that a broken glass let pass.")
        self.active = 0

    def routes(self) -> list[BaseRoute]:
        """Everything that is served, but health and readiness."""
        return [
            Route("/validate", _Endpoint(self, mutating=False), methods=["POST"]),
            Route("/mutate", _Endpoint(self, mutating=True), methods=["POST"]),
            Route("/provider", Provider(self._image), methods=["POST"]),
            Route("/metrics", _Metrics(self.series())),
        ]

    def series(self) -> Mapping[str, Counter | Gauge | Histogram]:
        """What is measured."""
        controller = self._controller
        gauges = (
            Gauge("assay_admission_policies", "Policies in force.", lambda: len(controller.policies)),
            Gauge("assay_admission_problems", "Policies that could not be loaded.", lambda: len(controller.problems)),
            Gauge("assay_admission_active", "Reviews that are being answered.", lambda: self.active),
            Gauge(
                "assay_admission_questions_total",
                "Questions that went to registries.",
                lambda: controller.registries.asked,
                "counter",
            ),
            Gauge("assay_admission_stored_total", "Answers from the store.", lambda: controller.store.hits, "counter"),
        )
        told = [Gauge(*figure) for companion in self._companions for figure in companion.figures]
        series: tuple[Counter | Histogram, ...] = (self.reviews, self.verdicts, self.glasses, self.seconds)
        return {item.name: item for item in (*series, *gauges, *told)}

    async def answer(
        self, review: Object, until: float, *, mutating: bool, headers: Mapping[str, str] | None = None
    ) -> Object:
        """The review that answers a review; `until` is by the clock of the event loop."""
        uid = _uid(review)
        try:
            request = admission_review.request(review)
        except AssayError as error:
            return admission_review.answer(review, uid, _refusal(error, 400))
        start = time.perf_counter()
        span = self._traces.begin(request, _webhook(mutating), headers or {}) if self._traces is not None else None
        session = self._controller.session(request, 0, span)
        try:
            decision = await self._decided(session, request, until, mutating=mutating)
        except AssayError as error:
            decision = _refusal(error, 400 if isinstance(error, InputError) else 500)
        if glasses(decision) and not request.dry_run and self._evidence is not None:
            decision = await self._witnessed(self._evidence, session, request, decision)
        if span is not None:
            review_traces.end(span, decision)
        self._told(session, request, decision, time.perf_counter() - start, mutating=mutating)
        return admission_review.answer(review, request.uid, decision, request.object)

    async def _witnessed(
        self, evidence: DecisionEvidence, session: Session, request: AdmissionRequest, decision: Decision
    ) -> Decision:
        """The decision once its use of a broken glass is on disk; a refusal where that cannot be."""
        images = decision_entries.images(request, session.digests)
        told = Decided(_now(), request, decision, 0.0, images, session.proofs)
        try:
            await asyncio.get_running_loop().run_in_executor(None, evidence.witness, told)
        except AssayError as error:
            what = f"a glass is broken, and its use cannot be recorded: {error.what}"
            return _refusal(type(error)(what, error.remedy), 500)
        return decision

    async def _decided(self, session: Session, request: AdmissionRequest, until: float, *, mutating: bool) -> Decision:
        loop = asyncio.get_running_loop()
        decision = await loop.run_in_executor(self._pool, _decide, session, request, mutating)
        aside = min(until, loop.time() + _ASIDE)
        for _ in range(_ROUNDS):
            left = (until if session.late else aside) - loop.time()
            if not (session.late or session.late_aside) or left <= 0:
                break
            if waiting := session.pending:
                await asyncio.wait([_watched(item) for item in waiting], timeout=left)
            decision = await loop.run_in_executor(self._pool, _decide, session, request, mutating)
        return decision

    async def _image(self, request: AdmissionRequest, until: float) -> Decision:
        return await self._decided(self._controller.session(request, 0), request, until, mutating=False)

    def _told(
        self, session: Session, request: AdmissionRequest, decision: Decision, seconds: float, *, mutating: bool
    ) -> None:
        webhook = _webhook(mutating)
        self.reviews.add(webhook=webhook, action=decision.action)
        self.seconds.take(seconds, webhook=webhook)
        for item in decision.results:
            self.verdicts.add(policy=item.policy, outcome=str(item.outcome), action=str(item.action))
        if request.dry_run or (mutating and decision.allowed):
            return
        for policy, glass in glasses(decision):
            self.glasses.add(policy=policy, glass=glass)
        told = Decided(
            _now(), request, decision, seconds, decision_entries.images(request, session.digests), session.proofs
        )
        for companion in self._companions:
            companion.decided(told)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def glasses(decision: Decision) -> list[tuple[str, str]]:
    """The policies that a broken glass let something pass, with the glass."""
    return [(item.policy, str(glass)) for item in decision.results if (glass := item.details.get("breakGlass"))]


def _decide(session: Session, request: AdmissionRequest, mutating: bool) -> Decision:
    return session.decide(request, mutating=mutating)


def _watched(item: Future[Any]) -> asyncio.Future[Any]:
    """An answer to wait for; the evaluation hears of its failure, so that nobody else need be told."""
    found = asyncio.wrap_future(item)
    found.add_done_callback(lambda done: done.cancelled() or done.exception())
    return found


def _uid(review: Object) -> str:
    inner = review.get("request")
    uid = inner.get("uid") if isinstance(inner, dict) else None
    return uid if isinstance(uid, str) else ""


def _refusal(error: AssayError, code: int) -> Decision:
    message = f"{error.what}; {error.remedy}" if error.remedy else error.what
    return replace(deciding.decide(()), allowed=False, verdict=str(Outcome.ERROR), message=message, code=code)


def _webhook(mutating: bool) -> str:
    return "mutate" if mutating else "validate"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Endpoint:
    def __init__(self, webhooks: Webhooks, *, mutating: bool) -> None:
        self._webhooks, self._mutating = webhooks, mutating

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        until = asyncio.get_running_loop().time() + budget(scope.get("query_string", b""))
        try:
            review = json.load_object(await http_bodies.read(receive, MAX_BODY))
        except AssayError as error:
            await http_bodies.answer(send, 400, json_bytes.encode({"message": error.what}))
            return
        self._webhooks.active += 1
        try:
            headers = _headers(scope)
            found = await self._webhooks.answer(review, until, mutating=self._mutating, headers=headers)
        finally:
            self._webhooks.active -= 1
        await http_bodies.answer(send, 200, json_bytes.encode(found))


def _headers(scope: Scope) -> dict[str, str]:
    """The trace that a request belongs to (W3C Trace Context)."""
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope.get("headers", ())
        if name in (b"traceparent", b"tracestate")
    }


def budget(query: bytes) -> float:
    """Seconds for an answer: the API server's time-out minus one, and never less than half of it."""
    named = parse_qs(query.decode("latin-1")).get("timeout", [""])[0]
    try:
        seconds = duration(named, "timeout").total_seconds()
    except InputError:
        seconds = TIMEOUT
    seconds = min(max(seconds, 0.2), 30.0)
    return max(seconds - 1, seconds / 2)


class _Metrics:
    def __init__(self, series: Mapping[str, Counter | Gauge | Histogram]) -> None:
        self._series = series

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await http_bodies.answer(send, 200, metrics.page(self._series), kind=metrics.KIND)


def part(
    controller: Controller,
    greeting: str = "",
    companions: Sequence[Companion] = (),
    routes: Sequence[BaseRoute] = (),
) -> Part:
    """The admission webhooks as a part of the server; policies are loaded, and looked at again every second."""
    webhooks = Webhooks(controller, companions)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        for companion in companions:
            companion.start()
        await asyncio.to_thread(controller.note_existing)
        task = asyncio.create_task(_watch(controller))
        try:
            yield
        finally:
            task.cancel()
            webhooks.close()
            logs = [one for one in companions if isinstance(one, DecisionLog)]
            await _closed(one for one in companions if one not in logs)
            await _closed(logs)  # the others write to them until they end
            await asyncio.to_thread(controller.close)

    return Part(
        "admission",
        [*webhooks.routes(), *routes],
        {"policies": _Problems(controller), "admission": controller.complaints, "background": _Told(companions)},
        running,
        ready=lambda: controller.ready and controller.is_current(),
        greeting=greeting,
    )


async def _closed(companions: Iterable[Companion]) -> None:
    """Close each, whatever becomes of the others."""
    await asyncio.gather(*(asyncio.to_thread(one.close) for one in companions), return_exceptions=True)


async def _watch(controller: Controller) -> None:
    """Load what changed; a policy that is taken back is out of force within a second or two."""
    for number in count(1):
        await asyncio.sleep(_RELOAD)
        if await asyncio.to_thread(controller.reload):
            cycles.settle()
        if controller.complaints and number % _AGAIN == 0:
            await asyncio.to_thread(controller.note_existing)


class _Problems(Mapping[str, str]):
    """The problems of a controller, as they are now."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def __getitem__(self, key: str) -> str:
        return self._controller.problems[key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._controller.problems))

    def __len__(self) -> int:
        return len(self._controller.problems)


class _Told(Mapping[str, str]):
    """What companions complain of now."""

    def __init__(self, companions: Sequence[Companion]) -> None:
        self._companions = companions

    def _all(self) -> dict[str, str]:
        return {name: told for companion in self._companions for name, told in companion.complaints.items()}

    def __getitem__(self, key: str) -> str:
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
