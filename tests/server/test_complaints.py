"""The web server's complaints on standard error: told, but not flooding."""

from __future__ import annotations

import logging

from assay.server.complaints import Seldom


def record(message: str, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord("uvicorn.error", level, "", 0, message, (), None)


def test_the_same_complaint_is_made_once_a_minute_and_counted() -> None:
    now = [0.0]
    seldom = Seldom(lambda: now[0])
    told = [seldom.filter(record("too many")) for _ in range(1000)]
    assert told == [True] + [False] * 999
    assert seldom.filter(record("something else"))
    now[0] = 61
    again = record("too many")
    assert seldom.filter(again)
    assert again.getMessage() == "too many (999 more in the last 60 s)"
    quiet = record("too many")
    assert not seldom.filter(quiet)


def test_errors_are_always_told() -> None:
    seldom = Seldom(lambda: 0.0)
    assert all(seldom.filter(record("it broke", logging.ERROR)) for _ in range(3))
