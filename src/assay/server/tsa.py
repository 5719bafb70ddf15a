"""The timestamp authority over HTTP (RFC 3161, 3.4), in DER and in Sigstore's JSON form; it answers 201."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.app.sigstore import Instance
from assay.engines.authority import timestamping
from assay.engines.authority.timestamping import TimestampAuthority
from assay.errors import AssayError, ExternalError, InputError, Refused
from assay.formats import pem
from assay.server import http_bodies
from assay.server.fulcio import Fixed, refuse

MAX_BODY = 16 << 10
_REPLY = b"application/timestamp-reply"


def routes(instance: Instance) -> list[BaseRoute]:
    """The routes."""

    def chain() -> bytes:
        return "".join(pem.write("CERTIFICATE", item) for item in instance.timestamper.chain).encode()

    return [
        Route("/api/v1/timestamp", Timestamp(lambda: instance.timestamper)),
        Route("/api/v1/timestamp/certchain", Fixed(chain, b"application/pem-certificate-chain")),
    ]


class Timestamp:
    """``POST /api/v1/timestamp``."""

    def __init__(self, authority: Callable[[], TimestampAuthority]) -> None:
        self._authority = authority

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "POST":
            await refuse(send, 405, 12, "Method Not Allowed")
            return
        kind = http_bodies.header(scope, b"content-type").partition(b";")[0].strip()
        readers = {b"application/timestamp-query": timestamping.read, b"application/json": timestamping.read_json}
        if kind not in readers:
            await refuse(send, 415, 3, "send application/timestamp-query, or application/json")
            return
        try:
            request = readers[kind](await http_bodies.read(receive, MAX_BODY))
            found = await asyncio.to_thread(self._authority().answer, request, datetime.now(UTC))
        except (Refused, InputError) as error:
            await refuse(send, 400, 3, error.what, error.remedy)
        except ExternalError as error:
            await refuse(send, 503, 14, "the key is away", error.remedy)
        except AssayError:
            await refuse(send, 500, 13, "an internal error")
        else:
            await http_bodies.answer(send, 201, found, kind=_REPLY)
