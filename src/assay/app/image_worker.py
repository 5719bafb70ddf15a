"""Verifies images while nobody waits: those that were pushed, and those whose verdict is soon too old.

What a registry or another replica tells is a hint where to look, never what is found there: the worker asks the
registry itself, by the policies in force, as a request for a pod with that image would. What it finds is in the verdict
store, from which the webhooks answer.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import wait
from threading import Condition, Thread
from typing import TYPE_CHECKING, NamedTuple

from assay.app.companions import Decided, Figure
from assay.errors import AssayError
from assay.formats import image_reference
from assay.model.policy import (
    AdmissionRequest,
    GroupVersionKind,
    GroupVersionResource,
    Object,
    Operation,
    Outcome,
    UserInfo,
)

if TYPE_CHECKING:
    from assay.app.admission import Controller

MAX_QUEUE, MAX_KNOWN = 2000, 10_000
MAX_ATTEMPTS = 6
_BUDGET, _ROUNDS = 30.0, 20
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 300.0


class _Job(NamedTuple):
    due: float
    attempts: int
    namespace: str
    pushed: bool = False


class ImageWorker:
    """An `assay.app.companions.Companion`; `recheck` are the seconds after which an image is looked at again."""

    def __init__(
        self, controller: Controller, recheck: float, threads: int = 2, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._controller, self._recheck, self._now = controller, recheck, now
        self._queue: OrderedDict[str, _Job] = OrderedDict()
        self._used: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._ready = Condition()
        self._ended = False
        self._count, self._threads = threads, list[Thread]()
        self.looked: dict[str, float] = {"pass": 0, "fail": 0, "error": 0}
        self.dropped = 0
        self.notified: dict[str, float] = {}
        """Notifications of registries, by the status of the answer."""

    @property
    def figures(self) -> Sequence[Figure]:
        """What waits, what came out, and what found no place."""
        return (
            Figure("assay_admission_worker_queue", "Images that wait to be verified.", lambda: len(self._queue)),
            Figure(
                "assay_admission_worker_total", "Images verified ahead.", lambda: dict(self.looked), "counter", "result"
            ),
            Figure(
                "assay_admission_worker_dropped_total",
                "Images that found no place in the queue.",
                lambda: self.dropped,
                "counter",
            ),
            Figure(
                "assay_admission_notifications_total",
                "Notifications of registries, by answer.",
                lambda: dict(self.notified),
                "counter",
                "status",
            ),
        )

    @property
    def complaints(self) -> Mapping[str, str]:
        """Nothing of its own: what cannot be verified is said to whoever asks for it."""
        return {}

    def start(self) -> None:
        """Begin."""
        self._threads = [Thread(target=self._run, name="image worker", daemon=True) for _ in range(self._count)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End; what waits is found again by its use."""
        with self._ready:
            self._ended = True
            self._ready.notify_all()
        for thread in self._threads:
            thread.join(2)

    def decided(self, told: Decided) -> None:
        """Images in use are looked at again before their verdicts are too old."""
        if not self._recheck:
            return
        due = self._now() + self._recheck
        with self._ready:
            for image, digest in told.images.items():
                text = image if "@" in image else f"{image}@{digest}"
                self._used[text] = (due, told.request.namespace)
                self._used.move_to_end(text)
            while len(self._used) > MAX_KNOWN:
                self._used.popitem(last=False)

    def hint(self, images: Iterable[str], namespace: str = "") -> int:
        """Look at these soon; how many were taken. What is no reference, or finds no place, is dropped."""
        taken = 0
        for image in images:
            try:
                text = str(image_reference.parse(image))
            except AssayError:
                self.dropped += 1
                continue
            taken += self._put(text, _Job(self._now(), 0, namespace, pushed=True))
        return taken

    def _put(self, image: str, job: _Job) -> bool:
        with self._ready:
            if image not in self._queue and len(self._queue) >= MAX_QUEUE:
                self.dropped += 1
                return False
            self._queue[image] = job
            self._ready.notify()
            return True

    def _run(self) -> None:
        while (found := self._next()) is not None:
            image, job = found
            outcome = self._looked(image, job.namespace)
            self.looked[outcome] += 1
            # What was pushed may be signed a moment later; what is in use is asked for again anyway.
            if (outcome == "error" or (outcome == "fail" and job.pushed)) and job.attempts + 1 < MAX_ATTEMPTS:
                pause = min(_FIRST_PAUSE * 2.0**job.attempts, _LONGEST_PAUSE)
                self._put(image, job._replace(due=self._now() + pause, attempts=job.attempts + 1))

    def _next(self) -> tuple[str, _Job] | None:
        """What is due; None at the end."""
        with self._ready:
            while not self._ended:
                self._schedule()
                now = self._now()
                due = next((item for item in self._queue.items() if item[1].due <= now), None)
                if due is not None:
                    del self._queue[due[0]]
                    return due
                self._ready.wait(0.5)
        return None

    def _schedule(self) -> None:
        """Take over images in use whose time has come."""
        now = self._now()
        while self._used and len(self._queue) < MAX_QUEUE:
            image, (due, namespace) = next(iter(self._used.items()))
            if due > now:
                return
            del self._used[image]
            self._queue.setdefault(image, _Job(now, 0, namespace))

    def _looked(self, image: str, namespace: str) -> str:
        try:
            session = self._controller.session(_request(image, namespace), 0)
            until = time.monotonic() + _BUDGET
            for _ in range(_ROUNDS):
                decision = session.decide(_request(image, namespace), mutating=False)
                if not (session.late or session.late_aside) or time.monotonic() >= until or self._ended:
                    break
                wait(session.pending, max(until - time.monotonic(), 0))
            outcomes = {item.outcome for item in decision.results}
        except AssayError:
            return "error"
        if session.late or session.late_aside or Outcome.ERROR in outcomes:
            return "error"
        return "fail" if Outcome.FAIL in outcomes else "pass"


def _request(image: str, namespace: str) -> AdmissionRequest:
    """A pod that runs the image; as in a dry run, nothing is written down of it."""
    metadata: Object = {"name": "ahead", "namespace": namespace}
    spec: Object = {"containers": [{"name": "image", "image": image}]}
    pod: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    kind, resource = GroupVersionKind("", "v1", "Pod"), GroupVersionResource("", "v1", "pods")
    user = UserInfo("assay:ahead")
    return AdmissionRequest(
        "ahead", kind, resource, Operation.CREATE, "ahead", namespace, object=pod, user=user, dry_run=True
    )
