"""Threads that ask the outside world."""

from __future__ import annotations

import gc
import weakref
from functools import partial

from assay.app.daemon_pool import DaemonPool
from simulators.processes import PATIENCE, within


class Held:
    """As a connection."""


def test_a_thread_that_waits_for_work_holds_nothing_of_the_last() -> None:
    pool, held = DaemonPool(1, "test"), Held()
    there = weakref.ref(held)
    assert pool.submit(partial(id, held)).result(PATIENCE) == id(held)
    del held
    assert within(PATIENCE, lambda: gc.collect() >= 0 and there() is None)
    pool.close()
