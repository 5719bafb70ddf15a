"""What is compiled, and what comes out: modules in, a program out, whatever the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

Json = Any


class Module(NamedTuple):
    """One Rego file: what errors call it, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """Modules of one policy, the first being the one that is asked.

    `version` is ``v0`` or ``v1``; `entry` the rule that is asked, in the first module's package; `data` are the
    documents below ``data`` that modules may read besides their own.
    """

    modules: tuple[Module, ...]
    entry: str
    version: str = "v0"
    data: frozenset[str] = frozenset()


class Calls(Protocol):
    """What a policy may ask the world for while it is evaluated; each raises `assay.errors.AssayError`."""

    def now(self) -> datetime:
        """The time."""
        ...

    def http_send(self, request: Mapping[str, Json]) -> Json:
        """``http.send``: the response object."""
        ...

    def external_data(self, request: Mapping[str, Json]) -> Json:
        """Gatekeeper's ``external_data``: the response object."""
        ...


class Program(Protocol):
    """A compiled policy; used by many threads."""

    def evaluate(self, given: Json, calls: Calls, data: Mapping[str, Json] | None = None) -> Json:
        """The value of the entry for `given` (``input``), None where it is undefined; sets come as lists.

        `data` are the documents named in `Source.data`. Raises `RegoError` where there is no answer.
        """
        ...


class Compiler(Protocol):
    """An engine."""

    def __call__(self, source: Source) -> Program:
        """Raises `NoRego` for what cannot be evaluated."""
        ...
