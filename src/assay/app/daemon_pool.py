"""Threads that ask the outside world, and hold up nobody who wants to end: a registry may never answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

Answer = TypeVar("Answer")
_Job = tuple["Future[Any]", Callable[[], Any]]


class DaemonPool:
    """At most so many threads, started when they are first needed; they end with the process."""

    def __init__(self, workers: int, name: str) -> None:
        self._workers, self._name = workers, name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._started = self._idle = 0
        self._lock = Lock()

    def submit(self, ask: Callable[[], Answer]) -> Future[Answer]:
        """The answer to come."""
        future: Future[Answer] = Future()
        with self._lock:
            if self._idle <= self._jobs.qsize() and self._started < self._workers:
                self._started += 1
                Thread(target=self._run, name=f"{self._name}-{self._started}", daemon=True).start()
        self._jobs.put((future, ask))
        return future

    def close(self) -> None:
        """Let idle threads end; the others end with their answer, or with the process."""
        for _ in range(self._started):
            self._jobs.put(None)

    def _run(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            job = self._jobs.get()
            with self._lock:
                self._idle -= 1
            if job is None:
                return
            future, ask = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(ask())
            except BaseException as error:  # told to whoever waits for the answer
                future.set_exception(error)
            del job, future, ask  # a thread that waits holds nothing of what it did, connections for example
