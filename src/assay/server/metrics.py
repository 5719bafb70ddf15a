"""Counters and histograms in the text format of Prometheus (exposition format 0.0.4).

::

    # HELP assay_admission_reviews_total Reviews that were answered.
    # TYPE assay_admission_reviews_total counter
    assay_admission_reviews_total{action="allow",webhook="validate"} 12
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from threading import Lock

KIND = b"text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
MAX_SERIES = 5000
Labels = tuple[tuple[str, str], ...]


class Counter:
    """A number that only grows, by labels."""

    def __init__(self, name: str, about: str) -> None:
        self.name, self._about = name, about
        self._values: dict[Labels, float] = {}
        self._lock = Lock()

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count; series beyond `MAX_SERIES` are left out."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            if key in self._values or len(self._values) < MAX_SERIES:
                self._values[key] = self._values.get(key, 0) + amount

    def lines(self) -> Iterator[str]:
        """As text."""
        yield from _head(self.name, self._about, "counter")
        with self._lock:
            values = sorted(self._values.items())
        for labels, value in values or [((), 0.0)]:
            yield f"{self.name}{_written(labels)} {value:g}"


class Gauge:
    """A number that somebody else knows."""

    def __init__(
        self,
        name: str,
        about: str,
        read: Callable[[], float | Mapping[str, float]],
        kind: str = "gauge",
        label: str = "",
    ) -> None:
        """What is read may be numbers by the values of `label`."""
        self.name, self._about, self._read, self._kind, self._label = name, about, read, kind, label

    def lines(self) -> Iterator[str]:
        """As text."""
        yield from _head(self.name, self._about, self._kind)
        found = self._read()
        if not isinstance(found, Mapping):
            yield f"{self.name} {found:g}"
            return
        for value, number in sorted(found.items())[:MAX_SERIES]:
            yield f"{self.name}{_written(((self._label, value),))} {number:g}"


class Histogram:
    """How long things took, in seconds, by labels."""

    def __init__(self, name: str, about: str) -> None:
        self.name, self._about = name, about
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        self._lock = Lock()

    def take(self, seconds: float, **labels: str) -> None:
        """Count one."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(SECONDS) + 1))
            counts[bisect_left(SECONDS, seconds)] += 1
            self._sums[key] = self._sums.get(key, 0) + seconds

    def lines(self) -> Iterator[str]:
        """As text."""
        yield from _head(self.name, self._about, "histogram")
        with self._lock:
            found = [(key, list(counts), self._sums[key]) for key, counts in sorted(self._counts.items())]
        for key, counts, total in found:
            running = 0
            for bound, count in zip((*map(str, SECONDS), "+Inf"), counts, strict=True):
                running += count
                yield f"{self.name}_bucket{_written((*key, ('le', bound)))} {running}"
            yield f"{self.name}_sum{_written(key)} {total:.6f}"
            yield f"{self.name}_count{_written(key)} {running}"


def page(series: Mapping[str, Counter | Gauge | Histogram]) -> bytes:
    """All of them."""
    return "".join(f"{line}\n" for item in series.values() for line in item.lines()).encode()


def _head(name: str, about: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"


def _written(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
