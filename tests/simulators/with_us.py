"""Servers of tests end with the tests, also where those are killed (Linux)."""

from __future__ import annotations

import ctypes
import signal

_PR_SET_PDEATHSIG = 1
_LIBRARY = ctypes.CDLL(None)


def end_with_us() -> None:
    """For `preexec_fn`: the kernel quits the process when its parent is gone."""
    _LIBRARY.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
