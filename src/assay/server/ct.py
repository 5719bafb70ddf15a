"""The read API of the built-in certificate transparency log (RFC 6962, 4.3 to 4.8), below ``/ct``, and below
``/ct-2`` and so on after it was rotated.

Certificates come into it from the authority alone; there is no way to add others.
"""

from __future__ import annotations

import asyncio
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.app.sigstore import Instance
from assay.engines.authority import ct_entries
from assay.engines.log.sequencer import Log
from assay.errors import AssayError, InputError, Malformed, Refused
from assay.formats.json import Json, Object

MOST = 64
"""Entries in one answer; whoever wants more asks again (4.6)."""
_FRESH = 60.0
"""Seconds for which a signed tree head stands while the tree does not grow."""


class CertificateLog:
    """The answers."""

    def __init__(self, instance: Instance, log: Log) -> None:
        self._instance, self._log = instance, log
        self._lock = threading.Lock()
        self._signed: tuple[int, float, Object] = (-1, 0.0, {})

    def tree_head(self, _: Request) -> Object:
        """``get-sth``."""
        self._log.catch_up()
        head = self._log.head
        with self._lock:
            size, at, found = self._signed
            if size != head.size or time.monotonic() - at > _FRESH:
                found = self._sign(head.size, head.root)
                self._signed = head.size, time.monotonic(), found
        return found

    def _sign(self, size: int, root: bytes) -> Object:
        moment = int(time.time() * 1000)
        signature = ct_entries.tree_head(self._log.signers[0], moment, size, root)
        return {
            "tree_size": size,
            "timestamp": moment,
            "sha256_root_hash": _text(root),
            "tree_head_signature": _text(signature),
        }

    def consistency(self, request: Request) -> Object:
        """``get-sth-consistency?first=M&second=N``; everything grew out of the empty tree."""
        first, second = _number(request, "first"), _number(request, "second")
        if first == 0 and second <= self._log.head.size:
            return {"consistency": []}
        return {"consistency": [_text(item) for item in self._log.consistency(first, second)]}

    def proof(self, request: Request) -> Object:
        """``get-proof-by-hash?hash=BASE64&tree_size=N``."""
        size = _number(request, "tree_size")
        try:
            wanted = b64decode(request.query_params.get("hash", ""), validate=True)
        except ValueError:
            raise Malformed("hash must be base64") from None
        found = self._log.find(wanted) if len(wanted) == 32 else None
        if found is None or found[0] >= size:
            raise Refused("the log has no such leaf in a tree of that size")
        return {"leaf_index": found[0], "audit_path": self._path(found[0], size)}

    def _path(self, index: int, size: int) -> list[Json]:
        return [_text(item) for item in self._log.inclusion(index, size)]

    def entries(self, request: Request) -> Object:
        """``get-entries?start=M&end=N``; the end is in it, and fewer may come."""
        start, end = _number(request, "start"), _number(request, "end")
        size = self._log.head.size
        if not start <= end or start >= size:
            raise Refused(f"there are no such entries; the log has {size}")
        end = min(end + 1, size, start + MOST)
        leaves = [self._log.entry(index)[0] for index in range(start, end)]
        return {"entries": [self._entry(leaf) for leaf in leaves]}

    def _entry(self, leaf: bytes) -> Object:
        signer, chain = self._instance.issuer(leaf[12:44])
        extra = ct_entries.extra_data(leaf, signer, chain)
        return {"leaf_input": _text(leaf), "extra_data": _text(extra)}

    def entry(self, request: Request) -> Object:
        """``get-entry-and-proof?leaf_index=M&tree_size=N``."""
        index, size = _number(request, "leaf_index"), _number(request, "tree_size")
        if index >= size:
            raise Refused("the leaf is not in a tree of that size")
        path = self._path(index, size)
        return {**self._entry(self._log.entry(index)[0]), "audit_path": path}

    def roots(self, _: Request) -> Object:
        """``get-roots``."""
        anchors = {item.chain[-1] for item in self._instance.material.authorities}
        return {"certificates": [_text(anchor) for anchor in sorted(anchors)]}


class _Endpoint:
    """One path; errors are told as the RFC wants: 400, with a text."""

    def __init__(self, answer: Callable[[Request], Object]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._response(scope, receive)
        await response(scope, receive, send)

    async def _response(self, scope: Scope, receive: Receive) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return JSONResponse({"error_message": "the log is read only"}, 405, {"allow": "GET, HEAD"})
        try:
            return JSONResponse(await asyncio.to_thread(self._answer, Request(scope, receive)))
        except (Refused, InputError) as error:
            return JSONResponse({"error_message": error.what}, 400)
        except AssayError:
            return JSONResponse({"error_message": "the log cannot be read"}, 503)


Answer = Callable[[CertificateLog, Request], Object]
_ANSWERS: dict[str, Answer] = {
    "get-sth": CertificateLog.tree_head,
    "get-sth-consistency": CertificateLog.consistency,
    "get-proof-by-hash": CertificateLog.proof,
    "get-entries": CertificateLog.entries,
    "get-entry-and-proof": CertificateLog.entry,
    "get-roots": CertificateLog.roots,
}


def routes(instance: Instance) -> list[BaseRoute]:
    """The routes of all certificate logs of an instance, those too that are added while it serves."""
    known: dict[str, CertificateLog] = {}

    def answer(wanted: Answer, request: Request) -> Object:
        name = request.path_params["log"]
        logs = {shard.folder: log for log, shard in zip(instance.cts, instance.material.ct_logs, strict=False)}
        if name not in logs:
            raise Refused("there is no such certificate log")
        return wanted(known.setdefault(name, CertificateLog(instance, logs[name])), request)

    return [Route(f"/{{log}}/ct/v1/{name}", _Endpoint(partial(answer, wanted))) for name, wanted in _ANSWERS.items()]


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 19:
        raise Malformed(f"{name} must be a number")
    return int(text)


def _text(data: bytes) -> str:
    return b64encode(data).decode()
