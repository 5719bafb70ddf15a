"""Rego in processes of their own, so that a policy without an end, or one that takes all memory, costs only itself.

`RegoProcesses` is a `assay.engines.policy.rego.source.Compiler`. A process that is late is killed, and another takes
its place at the next evaluation; the policy is told to have had no answer.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from queue import Empty, LifoQueue
from typing import Any

from assay.adapters.waiting import readable
from assay.engines.policy.rego.faults import NoRego, RegoError
from assay.engines.policy.rego.source import Calls, Json, Source
from assay.errors import AssayError
from assay.formats import json as json_format
from assay.formats import json_bytes

SECONDS = 2.0
_START_SECONDS = 60.0
"""For a process to be there: on a busy machine, or with little of a core, that takes longer than an evaluation may."""
MEMORY = 1 << 30
MAX_ANSWER = 64 << 20
_CHUNK = 1 << 16
_PATIENCE = 0.05
"""An evaluation takes a fraction of a millisecond, and a process thirty megabytes."""


class _Gone(Exception):
    """The process ended, or was late."""


class _Process:
    """One worker; used by one thread at a time."""

    def __init__(self, memory: int) -> None:
        # sys.executable, and the path that this process found assay on
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "RUST_LIB_BACKTRACE": "0"}
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "assay.app.rego_worker", str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._rest = b""

    def begin(self) -> None:
        """Wait until it is there; raises `_Gone`."""
        self.receive(time.monotonic() + _START_SECONDS)

    def send(self, message: Any) -> None:
        """Write a message; raises `_Gone`."""
        stdin = self._popen.stdin
        if stdin is None:
            raise _Gone
        try:
            stdin.write(json_bytes.encode(message) + b"\n")
            stdin.flush()
        except OSError as error:
            raise _Gone from error

    def receive(self, until: float) -> list[Any]:
        """The next message; raises `_Gone` where there is none by `until` (of `time.monotonic`)."""
        parts, size = [self._rest], len(self._rest)
        while b"\n" not in parts[-1]:
            data = self._read(until)
            parts.append(data)
            size += len(data)
            if size > MAX_ANSWER:
                raise _Gone
        line, _, self._rest = b"".join(parts).partition(b"\n")
        found = json_format.load(line)
        return found if isinstance(found, list) else []

    def _read(self, until: float) -> bytes:
        stdout = self._popen.stdout
        if stdout is None:
            raise _Gone
        left = until - time.monotonic()
        if left <= 0 or not readable(stdout.fileno(), left):
            raise _Gone
        data = os.read(stdout.fileno(), _CHUNK)
        if not data:
            raise _Gone
        return data

    def end(self) -> None:
        """Kill it."""
        self._popen.kill()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # what was still to be written is lost with it


class RegoProcesses:
    """As many processes as there are cores, each started when those before it were not free for `_PATIENCE` seconds."""

    def __init__(self, count: int = 0, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self._numbers = itertools.count()
        self._idle: LifoQueue[_Process | None] = LifoQueue()
        self._idle.put(None)
        self._lock = threading.Lock()
        self._more = (count or os.cpu_count() or 1) - 1
        self._closed = threading.Event()

    def __call__(self, source: Source) -> RemoteProgram:
        """Compile `source`; raises `NoRego`."""
        program = RemoteProgram(self, next(self._numbers), source)
        program.compile()
        return program

    def run(self, message: list[Any], first: list[Any], calls: Calls | None) -> list[Any]:
        """The answer to a message; one about a program that the process does not know yet is preceded by `first`.

        Raises `RegoError` where there is none in time.
        """
        process = self._free()
        try:
            if process is None:
                process = _Process(self._memory)
                process.begin()
            answer = self._exchange(process, message, calls)
            if answer == ["unknown"]:
                self._exchange(process, first, calls)
                answer = self._exchange(process, message, calls)
        except _Gone:
            if process is not None:
                process.end()
            process = None
            what = f"the evaluation took over {self._seconds:g} s, or more than {self._memory >> 20} MiB of memory"
            raise RegoError(what, "make the policy simpler") from None
        finally:
            self._idle.put(process)
        return answer

    def _free(self) -> _Process | None:
        """A process that does nothing; None where one is to be started."""
        try:
            return self._idle.get(timeout=_PATIENCE)
        except Empty:
            with self._lock:
                if self._more:
                    self._more -= 1
                    return None
        return self._idle.get()

    def _exchange(self, process: _Process, message: list[Any], calls: Calls | None) -> list[Any]:
        until = time.monotonic() + self._seconds
        process.send(message)
        while (answer := process.receive(until)) and answer[0] == "ask":
            before = time.monotonic()
            process.send(_answered(answer[1], answer[2], calls))
            until += time.monotonic() - before  # others have bounds of their own
        return answer

    def close(self) -> None:
        """End the processes; evaluations that run are waited for."""
        if self._closed.is_set():
            return
        self._closed.set()
        held = [self._idle.get() for _ in range(self._idle.qsize())]
        for process in held:
            if process is not None:
                process.end()
            self._idle.put(None)


def _answered(name: str, request: Any, calls: Calls | None) -> list[Any]:
    if calls is None:
        return ["fault", "nobody answers while a policy is compiled"]
    try:
        match name:
            case "now":
                return ["answer", calls.now().timestamp()]
            case "http_send":
                return ["answer", calls.http_send(request)]
        return ["answer", calls.external_data(request)]
    except AssayError as error:
        return ["fault", error.what]


class RemoteProgram:
    """A program that one process compiles, and that every other learns of when it first meets it."""

    __slots__ = ("_compile", "_know", "_number", "_processes")

    def __init__(self, processes: RegoProcesses, number: int, source: Source) -> None:
        self._processes, self._number = processes, number
        modules = [list(module) for module in source.modules]
        self._know: list[Any] = []
        self._compile = ["compile", number, modules, source.entry, source.version, sorted(source.data)]

    def compile(self) -> None:
        """Have it compiled once; raises `NoRego`."""
        answer = self._processes.run(self._compile, [], None)
        if answer[0] == "no rego":
            raise NoRego(*answer[1:])
        if answer[0] != "value":
            raise NoRego(str(answer[1]))
        self._know = ["know", self._number, answer[1]]

    def evaluate(self, given: Json, calls: Calls, data: Mapping[str, Json] | None = None) -> Json:
        """See `assay.engines.policy.rego.source.Program`."""
        message = ["evaluate", self._number, given, dict(data) if data else None]
        answer = self._processes.run(message, self._know, calls)
        if answer[0] != "value":
            raise RegoError(str(answer[1]))
        return answer[1]
