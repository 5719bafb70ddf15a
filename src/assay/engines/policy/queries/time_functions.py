"""Functions for times (RFC 3339, or a layout of Go's) and durations (Go's)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from assay.engines.policy import go_durations
from assay.engines.policy.queries.faults import BadQuery
from assay.engines.policy.queries.function import TEXT, Function
from assay.engines.policy.queries.go_times import parse, rfc3339, show
from assay.errors import Malformed


def _now(run: Any) -> datetime:
    """The time of the context, else the real one."""
    clock: Callable[[], datetime] | None = getattr(run.context, "now", None)
    return clock() if clock is not None else datetime.now(UTC)


def _time_now(run: Any) -> str:
    return show(_now(run))


def _time_now_utc(run: Any) -> str:
    return show(_now(run).astimezone(UTC))


def _duration(text: str) -> timedelta:
    return timedelta(microseconds=go_durations.parse(text) / 1000)


def _read(layout: str, text: str) -> datetime:
    return parse(layout, text) if layout else rfc3339(text)


def _time_since(run: Any, layout: str, start: str, end: str) -> str:
    until = _read(layout, end) if end else _now(run)
    return _shown(until - _read(layout, start))


def _shown(difference: timedelta) -> str:
    return go_durations.text_of(round(difference / timedelta(microseconds=1)) * 1000)


def _time_diff(start: str, end: str) -> str:
    return _shown(rfc3339(end) - rfc3339(start))


def _time_add(text: str, duration: str) -> str:
    return show(rfc3339(text) + _duration(duration))


def _time_parse(layout: str, text: str) -> str:
    if layout.isascii() and layout.isdigit() and text.isdigit():
        return show(datetime.fromtimestamp(int(text), UTC))
    return show(parse(layout, text))


def _time_to_cron(text: str) -> str:
    moment = rfc3339(text)
    return f"{moment.minute} {moment.hour} {moment.day} {moment.month} {moment.isoweekday() % 7}"


def _time_truncate(text: str, duration: str) -> str:
    moment, step = rfc3339(text), go_durations.parse(duration)
    if step <= 0:
        return show(moment)
    since = moment - datetime(1, 1, 1, tzinfo=UTC)
    nanoseconds = (since.days * 86400 + since.seconds) * go_durations.SECOND + since.microseconds * 1000
    return show(moment - timedelta(microseconds=(nanoseconds % step) / 1000))


def _time_between(text: str, start: str, end: str) -> bool:
    return rfc3339(start) < rfc3339(text) < rfc3339(end)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Malformed:
            raise
        except (OverflowError, ValueError, OSError) as error:
            raise BadQuery(f"no such time: {error!s:.100}") from error

    return call


FUNCTIONS = (
    Function("time_since", (TEXT, TEXT, TEXT), _guarded(_time_since), wants_run=True),
    Function("time_now", (), _time_now, wants_run=True),
    Function("time_now_utc", (), _time_now_utc, wants_run=True),
    Function("time_add", (TEXT, TEXT), _guarded(_time_add)),
    Function("time_parse", (TEXT, TEXT), _guarded(_time_parse)),
    Function("time_to_cron", (TEXT,), _guarded(_time_to_cron)),
    Function("time_utc", (TEXT,), _guarded(lambda text: show(rfc3339(text).astimezone(UTC)))),
    Function("time_diff", (TEXT, TEXT), _guarded(_time_diff)),
    Function("time_before", (TEXT, TEXT), _guarded(lambda one, other: rfc3339(one) < rfc3339(other))),
    Function("time_after", (TEXT, TEXT), _guarded(lambda one, other: rfc3339(one) > rfc3339(other))),
    Function("time_between", (TEXT, TEXT, TEXT), _guarded(_time_between)),
    Function("time_truncate", (TEXT, TEXT), _guarded(_time_truncate)),
)
