"""The process that `assay.app.rego_processes` keeps: regorus on pipes, within the memory it was given.

Messages are JSON, one a line. These come in::

    ["compile", number, modules, entry, version, data]      answered by a program, which other processes are to know
    ["know", number, program]
    ["evaluate", number, given, data]

Out go ``["ready"]`` at the start, then ``["value", x]``, ``["no rego", what, remedy, line]``, ``["error", what]``,
``["unknown"]``, and ``["ask", name, request]``, which is answered by ``["answer", x]`` or ``["fault", what]``.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any

from assay.engines.policy.rego import compiling
from assay.engines.policy.rego.compiling import RegorusProgram
from assay.engines.policy.rego.faults import NoRego, RegoError
from assay.engines.policy.rego.source import Module, Source
from assay.errors import AssayError, ExternalError
from assay.formats import json as json_format
from assay.formats import json_bytes


class Asking:
    """`assay.engines.policy.rego.source.Calls` that the process at the other end answers."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def now(self) -> datetime:
        """The time there."""
        return datetime.fromtimestamp(float(self._ask("now", {})), UTC)

    def http_send(self, request: Mapping[str, Any]) -> Any:
        """``http.send``."""
        return self._ask("http_send", request)

    def external_data(self, request: Mapping[str, Any]) -> Any:
        """``external_data``."""
        return self._ask("external_data", request)

    def _ask(self, name: str, request: Any) -> Any:
        self._channel.send(["ask", name, request])
        answer: Any = self._channel.receive()
        if not isinstance(answer, list) or answer[0] != "answer":
            raise ExternalError(str(answer[1]) if answer else "nobody answers")
        return answer[1]


class Channel:
    """Messages in and out."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming, self._outgoing = incoming, outgoing

    def send(self, message: Any) -> None:
        """Write one."""
        self._outgoing.write(json_bytes.encode(message) + b"\n")
        self._outgoing.flush()

    def receive(self) -> Any:
        """The next one; an empty list at the end."""
        line = self._incoming.readline()
        return json_format.load(line) if line else []


class Worker:
    """Programs by their numbers."""

    def __init__(self, channel: Channel) -> None:
        self._channel, self._programs = channel, dict[int, RegorusProgram]()

    def serve(self) -> None:
        """Answer until the other end closes."""
        self._channel.send(["ready"])
        while message := self._channel.receive():
            self._channel.send(self._answer(message))

    def _answer(self, message: list[Any]) -> list[Any]:
        try:
            if message[0] == "compile":
                return self._compile(*message[1:])
            if message[0] == "know":
                return self._know(*message[1:])
            return self._evaluate(*message[1:])
        except NoRego as error:
            return ["no rego", error.what, error.remedy, error.line]
        except AssayError as error:
            return ["error", error.what]
        except MemoryError:
            return ["error", "the evaluation takes more memory than there is"]

    def _compile(self, number: int, modules: list[list[str]], entry: str, version: str, data: list[str]) -> list[Any]:
        source = Source(tuple(Module(*module) for module in modules), entry, version, frozenset(data))
        program = self._programs[number] = compiling.compile(source)
        return ["value", program.portable()]

    def _know(self, number: int, program: list[Any]) -> list[Any]:
        self._programs[number] = RegorusProgram.of_portable(program)
        return ["value", None]

    def _evaluate(self, number: int, given: Any, data: Any) -> list[Any]:
        program = self._programs.get(number)
        if program is None:
            return ["unknown"]
        try:
            return ["value", program.evaluate(given, Asking(self._channel), data)]
        except RegoError as error:
            return ["error", error.what]


def main(memory: int) -> None:
    """Serve on standard input and output, with at most `memory` bytes of address space."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(os.dup(1), "wb") as outgoing, os.fdopen(os.dup(0), "rb") as incoming:
        os.dup2(2, 1)  # what a library prints is no message
        Worker(Channel(incoming, outgoing)).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
