"""``http.Get``, ``http.Post`` and ``http.Client(ca)``: only where the world has a port for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import InContext, Library
from assay.engines.policy.cel.values import Opaque, Value, plain
from assay.engines.policy.kyverno_cel.context import Context
from assay.errors import AssayError

_H = "http.Context"
_OK = 200


@dataclass(frozen=True, slots=True)
class HttpClient(Opaque):
    """The variable ``http``; `ca` are the certificates that servers must chain to."""

    cel_type = _H
    ca: str = ""


def _call(method: str, client: HttpClient, context: Context, url: str, data: Value, headers: dict[str, str]) -> Value:
    if context.world.http is None:
        raise Untold(f"{method} {url:.100} cannot be called: policies may make no calls here")
    body = None if data is None else json.dumps(plain(data)).encode()
    try:
        found = context.world.http.call(method, url, body, headers, client.ca)
    except AssayError as error:
        raise Untold(f"request failed: {error}") from error
    answer = {"body": found, "statusCode": _OK}
    return {**found, **answer} if isinstance(found, dict) else answer


def _get(context: Context, client: HttpClient, url: str, headers: dict[str, str] | None = None) -> Value:
    return _call("GET", client, context, url, None, headers or {})


def _sending(method: str) -> Callable[..., Value]:
    def send(context: Context, client: HttpClient, url: str, data: Value, headers: Any = None) -> Value:
        return _call(method, client, context, url, data, headers or {})

    return send


HTTP = Library(
    "http",
    {
        f"{_H} -> Get(string): dyn": InContext(_get),
        f"{_H} -> Get(string, map): dyn": InContext(_get),
        f"{_H} -> get(string): dyn": InContext(_get),
        f"{_H} -> get(string, map): dyn": InContext(_get),
        **{
            f"{_H} -> {name}(string, {parameters}): dyn": InContext(_sending(method))
            for name, method in (("Post", "POST"), ("post", "POST"), ("Put", "PUT"), ("Patch", "PATCH"))
            for parameters in ("dyn", "dyn, map")
        },
        f"{_H} -> Client(string): {_H}": lambda client, ca: HttpClient(ca or client.ca),
    },
    {"http": HttpClient()},
)
