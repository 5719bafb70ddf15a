"""``POST /add-checkpoint``: the witness of other logs (C2SP tlog-witness)."""

from __future__ import annotations

import asyncio

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.engines.log.witness import MAX_BODY, Answer, Witness
from assay.errors import AssayError, InputError
from assay.server import http_bodies

_TEXT = b"text/plain; charset=utf-8"
_SIZE = b"text/x.tlog.size"


def routes(witness: Witness, prefix: str = "") -> list[BaseRoute]:
    """The routes of a witness."""
    return [Route(f"{prefix}/add-checkpoint", _Add(witness))]


class _Add:
    def __init__(self, witness: Witness) -> None:
        self._witness = witness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await http_bodies.answer(send, 405, b"Method Not Allowed\n", ((b"allow", b"POST"),), _TEXT)
            return
        try:
            body = await http_bodies.read(receive, MAX_BODY)
            line = await asyncio.to_thread(self._witness.add, body)
        except Answer as answer:
            kind = _SIZE if answer.status == 409 else _TEXT
            await http_bodies.answer(send, answer.status, answer.body.encode(), (), kind)
        except InputError as error:
            await http_bodies.answer(send, 400, error.what.encode(), (), _TEXT)
        except AssayError as error:
            await http_bodies.answer(send, 503, error.what.encode(), (), _TEXT)
        else:
            await http_bodies.answer(send, 200, line.encode(), (), _TEXT)
