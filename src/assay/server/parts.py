"""The one server is made of parts: each gives its routes, its complaints, what runs beside it, and a greeting.

A part is opened by its command (``assay sigstore up``, ``assay admission serve``); `assay serve --with` joins several.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from assay.errors import UsageError
from assay.server import health

Running = Callable[[], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    """What runs beside a part that needs nothing."""
    yield


@dataclass(frozen=True, slots=True)
class Part:
    """One job of the server.

    `routes` must not overlap with those of other parts; `fallback` are routes that match everything and so come last:
    one part at most has any. `complaints` are told by ``/healthz``, by name. `running` is entered when the server
    starts and left when it stops; `ready` is asked by ``/readyz``. `greeting` is printed once the server listens.
    """

    name: str
    routes: Sequence[BaseRoute]
    complaints: Mapping[str, health.Complaints] = field(default_factory=dict)
    running: Running = nothing
    fallback: Sequence[BaseRoute] = ()
    ready: Callable[[], bool] = lambda: True
    greeting: str = ""


def compose(parts: Sequence[Part]) -> Starlette:
    """The application of these parts; raises `UsageError` where two of them claim the same path."""
    _check(parts)
    sources = {name: found for part in parts for name, found in part.complaints.items()}
    routes = [
        *health.routes(sources, lambda: all(part.ready() for part in parts)),
        *(route for part in parts for route in part.routes),
        *(route for part in parts for route in part.fallback),
    ]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for part in parts:
                await stack.enter_async_context(part.running())
            yield

    return Starlette(routes=routes, lifespan=lifespan)


def _check(parts: Sequence[Part]) -> None:
    owners: dict[str, str] = {}
    if len([part for part in parts if part.fallback]) > 1:
        raise UsageError("two parts of the server answer whatever no other does", "serve them as two processes")
    for part in parts:
        for path in {getattr(route, "path", "") for route in part.routes}:
            if owners.setdefault(path, part.name) != part.name:
                raise UsageError(f"{owners[path]} and {part.name} both serve {path}", "serve them as two processes")
