"""Batches: written by a thread, bounded, counted where they are dropped, and never waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from assay.adapters.batches import Batches
from assay.errors import ExternalError


def until(look: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_everything_is_written_by_the_end() -> None:
    written: list[int] = []
    batches: Batches[int] = Batches("test", written.extend, size=7, pause=0.01)
    batches.start()
    for number in range(100):
        batches.put(number)
    batches.close()
    assert written == list(range(100)) and batches.dropped == 0


def test_too_much_is_dropped_and_counted_and_nobody_waits() -> None:
    gate = threading.Event()

    def write(batch: list[int]) -> None:
        gate.wait(30)

    batches: Batches[int] = Batches("test", write, most=10, size=1, pause=0.001)
    batches.start()
    start = time.monotonic()
    for number in range(1000):
        batches.put(number)
    assert time.monotonic() - start < 5
    assert 980 <= batches.dropped <= 990
    gate.set()
    batches.close()


def test_what_fails_is_counted_told_and_no_end() -> None:
    written: list[int] = []

    def write(batch: list[int]) -> None:
        if batch == [1]:
            raise ExternalError("the disk is full", "make room")
        if batch == [2]:
            raise KeyError("a fault")
        written.extend(batch)

    batches: Batches[int] = Batches("test", write, size=1, pause=0.01)
    batches.start()
    batches.put(1)
    until(lambda: batches.problem == "the disk is full")
    batches.put(2)
    until(lambda: "KeyError" in batches.problem)
    batches.put(3)
    until(lambda: written == [3])
    assert batches.dropped == 2 and batches.problem == ""
    batches.close()
