"""The progress bar: silent without a terminal and for short work, removed at the end, one line wide."""

from __future__ import annotations

import io

from assay.adapters import terminal
from assay.adapters.terminal import Bar


def test_without_a_stream_nothing_happens() -> None:
    with Bar(None, "reading", 100) as bar:
        bar.advance(50)


def test_short_work_shows_nothing() -> None:
    stream = io.StringIO()
    with Bar(stream, "reading", 100) as bar:
        bar.advance(100)
    assert stream.getvalue() == ""


def test_long_work_is_shown_and_removed() -> None:
    stream = io.StringIO()
    with Bar(stream, "reading", 2_000_000_000, ("<", ">")) as bar:
        bar._next = 0
        bar.advance(500_000_000)
        bar.advance(1)
    first, *rest = stream.getvalue().split("\r\x1b[K")[1:]
    assert first == f"reading  [<{'#' * 6}>{'-' * 18}]  25 %   500 MB / 2.0 GB"
    assert rest == [""]


def test_more_than_promised_stays_at_the_end_and_no_promise_is_a_count() -> None:
    bar = Bar(io.StringIO(), "reading", 10)
    bar._done = 20
    assert "100 %" in bar._line()
    bar.total = 0
    assert bar._line() == "reading  20 B"


def test_sizes() -> None:
    sizes = [terminal._size(count) for count in (0, 999, 1000, 1e6, 1.25e9)]
    assert sizes == ["0 B", "999 B", "1 kB", "1 MB", "1.2 GB"]
