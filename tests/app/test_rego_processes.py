"""Rego in processes: the same answers, and an end to policies that have none."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assay.app.rego_processes import RegoProcesses
from assay.engines.policy.rego.faults import NoRego, RegoError
from assay.engines.policy.rego.source import Module, Source
from assay.errors import ExternalError


class Calls:
    """Answers that are always the same; no web."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def http_send(self, request: Mapping[str, Any]) -> Any:
        raise ExternalError(f"no web for {request['url']}")

    def external_data(self, request: Mapping[str, Any]) -> Any:
        return {"responses": [[key, "value"] for key in request["keys"]]}


@pytest.fixture(scope="module")
def processes() -> Iterator[RegoProcesses]:
    held = RegoProcesses(count=2, seconds=60.0, memory=1 << 30)
    yield held
    held.close()


def source(text: str, *data: str) -> Source:
    return Source((Module("t.rego", f"package t\n{text}"),), "a", "v0", frozenset(data))


@pytest.mark.usefixtures("crowded")
def test_a_process_answers_one_with_many_descriptors() -> None:
    held = RegoProcesses(count=1)
    try:
        assert held(source("a = 1")).evaluate({}, Calls(), {}) == 1
    finally:
        held.close()


def test_what_a_process_answers(processes: RegoProcesses) -> None:
    program = processes(source("a = x { x := input.n + data.inventory.m }", "inventory"))
    assert program.evaluate({"n": 1}, Calls(), {"inventory": {"m": 2}}) == 3
    assert program.evaluate({"n": "x"}, Calls(), {"inventory": {}}) is None
    with pytest.raises(NoRego) as refused:
        processes(source("a = x { x := foo(1) }"))
    assert refused.value.line == 2


def test_a_process_asks_the_world(processes: RegoProcesses) -> None:
    text = 'a = x { x := external_data({"provider": "p", "keys": ["k"]}).responses }'
    assert processes(source(text)).evaluate({}, Calls()) == [["k", "value"]]
    assert processes(source("a = x { x := time.now_ns() }")).evaluate({}, Calls()) == 1_767_225_600_000_000_000
    with pytest.raises(RegoError, match="no web for u"):
        processes(source('a = x { x := http.send({"url": "u"}) }')).evaluate({}, Calls())


@pytest.mark.parametrize(
    "text",
    [
        "a = x { x := count([1 | numbers.range(1, 3000)[_] > 0; numbers.range(1, 3000)[_] > 0; input]) }",
        "a = x { x := count(numbers.range(1, 1000000000000)) }",
    ],
)
def test_a_policy_without_an_end_costs_only_itself(text: str) -> None:
    held = RegoProcesses(count=1, seconds=1.5, memory=1 << 30)
    try:
        endless, harmless = held(source(text)), held(source("a = 1"))
        with pytest.raises(RegoError, match=r"took over 1\.5 s|memory|range"):
            endless.evaluate({}, Calls())
        assert harmless.evaluate({}, Calls()) == 1
    finally:
        held.close()


def test_a_process_that_starts_slowly_has_its_time_nevertheless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import time\ntime.sleep(3)\n")
    monkeypatch.syspath_prepend(tmp_path)
    held = RegoProcesses(count=1, seconds=2.5)
    try:
        assert held(source("a = 1")).evaluate({}, Calls()) == 1
    finally:
        held.close()


def test_many_threads_share_the_processes(processes: RegoProcesses) -> None:
    program = processes(source("a = x { x := input.n * 2 }"))
    answers: dict[int, Any] = {}

    def work(number: int) -> None:
        answers[number] = [program.evaluate({"n": number}, Calls()) for _ in range(20)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {number: [number * 2] * 20 for number in range(8)}
