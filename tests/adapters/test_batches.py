"""Batches: written by a thread, bounded, counted where they are dropped, and never waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable

from assay.adapters.batches import Batches
from assay.errors import ExternalError
from simulators.processes import PATIENCE, within


def until(look: Callable[[], bool]) -> None:
    assert within(PATIENCE, look)


def test_everything_is_written_by_the_end() -> None:
    written: list[int] = []
    batches: Batches[int] = Batches("test", written.extend, size=7, pause=0.01)
    batches.start()
    for number in range(100):
        batches.put(number)
    batches.close()
    assert written == list(range(100)) and batches.dropped == 0


def test_too_much_is_dropped_and_counted_and_nobody_waits() -> None:
    gate, opened = threading.Event(), list[bool]()

    def write(batch: list[int]) -> None:
        opened.append(gate.wait(PATIENCE))

    batches: Batches[int] = Batches("test", write, most=10, size=1, pause=0.001)
    batches.start()
    for number in range(1000):
        batches.put(number)
    assert 980 <= batches.dropped <= 990
    gate.set()
    batches.close()
    assert all(opened), "whoever puts waits for a writer"


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
