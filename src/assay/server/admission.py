"""The admission webhooks: AdmissionReviews over HTTPS (``/validate``, ``/mutate``), and what is told about them.

A request has the time-out that the API server names (``?timeout=10s``) minus one second. It is evaluated with what is
known; where answers of registries are missing it waits for them without holding a thread, and is evaluated again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from urllib.parse import parse_qs

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.adapters.decision_log import DecisionLog
from assay.app.admission import Controller, Session
from assay.engines.policy import deciding
from assay.engines.policy.shape import duration
from assay.errors import AssayError, InputError
from assay.formats import admission_review, json, json_bytes
from assay.model.decision import Decision
from assay.model.policy import AdmissionRequest, Object, Outcome
from assay.server import http_bodies, metrics
from assay.server.gatekeeper_provider import Provider
from assay.server.metrics import Counter, Gauge, Histogram
from assay.server.parts import Part

MAX_BODY = 16 << 20
TIMEOUT = 10.0
_THREADS = 4
_RELOAD = 1.0
_AGAIN = 30
_ROUNDS = 20


class Webhooks:
    """Both webhooks of a controller."""

    def __init__(self, controller: Controller, log: DecisionLog | None = None) -> None:
        self._controller = controller
        self._log = log
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="reviews")
        self.reviews = Counter("assay_admission_reviews_total", "Reviews that were answered.")
        self.verdicts = Counter("assay_admission_verdicts_total", "Results of rules.")
        self.seconds = Histogram("assay_admission_seconds", "Time from request to answer.")
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
            Gauge("assay_admission_dropped_total", "Decisions that were not logged.", self._dropped, "counter"),
        )
        return {item.name: item for item in (self.reviews, self.verdicts, self.seconds, *gauges)}

    def _dropped(self) -> float:
        return self._log.dropped if self._log is not None else 0

    async def answer(self, review: Object, until: float, *, mutating: bool) -> Object:
        """The review that answers a review; `until` is by the clock of the event loop."""
        uid = _uid(review)
        try:
            request = admission_review.request(review)
        except AssayError as error:
            return admission_review.answer(review, uid, _refusal(error, 400))
        start = time.perf_counter()
        try:
            decision = await self._decided(request, until, mutating=mutating)
        except AssayError as error:
            decision = _refusal(error, 400 if isinstance(error, InputError) else 500)
        self._told(request, decision, time.perf_counter() - start, mutating=mutating)
        return admission_review.answer(review, request.uid, decision, request.object)

    async def _decided(self, request: AdmissionRequest, until: float, *, mutating: bool) -> Decision:
        loop = asyncio.get_running_loop()
        session = self._controller.session(request, 0)
        decision = await loop.run_in_executor(self._pool, _decide, session, request, mutating)
        for _ in range(_ROUNDS):
            left = until - loop.time()
            if not session.late or left <= 0:
                break
            if waiting := session.pending:
                await asyncio.wait([asyncio.wrap_future(item) for item in waiting], timeout=left)
            decision = await loop.run_in_executor(self._pool, _decide, session, request, mutating)
        return decision

    async def _image(self, request: AdmissionRequest, until: float) -> Decision:
        return await self._decided(request, until, mutating=False)

    def _told(self, request: AdmissionRequest, decision: Decision, seconds: float, *, mutating: bool) -> None:
        webhook = "mutate" if mutating else "validate"
        self.reviews.add(webhook=webhook, action=decision.action)
        self.seconds.take(seconds, webhook=webhook)
        for item in decision.results:
            self.verdicts.add(policy=item.policy, outcome=str(item.outcome), action=str(item.action))
        if self._log is not None and not request.dry_run and not mutating:
            self._log.write(_entry(request, decision, seconds))

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _decide(session: Session, request: AdmissionRequest, mutating: bool) -> Decision:
    return session.decide(request, mutating=mutating)


def _uid(review: Object) -> str:
    inner = review.get("request")
    uid = inner.get("uid") if isinstance(inner, dict) else None
    return uid if isinstance(uid, str) else ""


def _refusal(error: AssayError, code: int) -> Decision:
    message = f"{error.what}; {error.remedy}" if error.remedy else error.what
    return replace(deciding.decide(()), allowed=False, verdict=str(Outcome.ERROR), message=message, code=code)


def _entry(request: AdmissionRequest, decision: Decision, seconds: float) -> Object:
    """A line of the decision log."""
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "uid": request.uid,
        "operation": str(request.operation),
        "kind": request.kind.kind,
        "namespace": request.namespace,
        "name": request.name,
        "user": request.user.username,
        "verdict": decision.verdict,
        "action": decision.action,
        "milliseconds": round(seconds * 1000, 3),
        "results": [
            {
                "policy": item.policy,
                "rule": item.rule,
                "outcome": str(item.outcome),
                "action": str(item.action),
                "message": item.message,
                "details": {key: value for key, value in item.details.items() if value},
            }
            for item in decision.results
        ],
    }


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
            found = await self._webhooks.answer(review, until, mutating=self._mutating)
        finally:
            self._webhooks.active -= 1
        await http_bodies.answer(send, 200, json_bytes.encode(found))


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


def part(controller: Controller, log: DecisionLog | None = None, greeting: str = "") -> Part:
    """The admission webhooks as a part of the server; policies are loaded, and looked at again every second."""
    webhooks = Webhooks(controller, log)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        await asyncio.to_thread(controller.note_existing)
        task = asyncio.create_task(_watch(controller))
        try:
            yield
        finally:
            task.cancel()
            webhooks.close()
            await asyncio.to_thread(_close, controller, log)

    return Part(
        "admission",
        webhooks.routes(),
        {"policies": _Problems(controller), "admission": controller.complaints},
        running,
        ready=lambda: controller.ready,
        greeting=greeting,
    )


def _close(controller: Controller, log: DecisionLog | None) -> None:
    controller.close()
    if log is not None:
        log.close()


async def _watch(controller: Controller) -> None:
    """Load what changed; a policy that is taken back is out of force within a second or two."""
    for number in count(1):
        await asyncio.sleep(_RELOAD)
        await asyncio.to_thread(controller.reload)
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
