"""What the web server complains of on standard error, without a flood: bad clients must not fill anybody's disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

_EVERY = 60.0
"""Seconds for which the same complaint is made once."""
_REMEMBERED = 64


class Seldom(logging.Filter):
    """Lets a message pass once a minute; the next one says how often it was left out."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._steady = steady
        self._said: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is told."""
        if record.levelno >= logging.ERROR:
            return True
        now, message = self._steady(), str(record.msg)
        until, left_out = self._said.get(message, (0.0, 0))
        if now < until:
            self._said[message] = (until, left_out + 1)
            return False
        if len(self._said) >= _REMEMBERED:
            self._said.clear()
        self._said[message] = (now + _EVERY, 0)
        if left_out:
            record.msg = f"{message} ({left_out} more in the last {_EVERY:.0f} s)"
        return True


def calm() -> None:
    """Let uvicorn complain seldom."""
    logger = logging.getLogger("uvicorn.error")
    if not any(isinstance(item, Seldom) for item in logger.filters):
        logger.addFilter(Seldom())
