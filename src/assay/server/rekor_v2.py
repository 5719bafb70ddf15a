"""Rekor v2: entries in, log entries with proofs out (`rekor_service.proto`).

Statuses and shapes are those of rekor-tiles: 201; 409 with the number of the entry that is there; 400; 501 for other
methods; 503 where the log cannot write, 507 where the disk is full.
"""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.engines.log import checkpoint, requests_v2
from assay.engines.log.requests_v2 import Admitted
from assay.errors import AssayError, ExternalError, InputError, Refused
from assay.server import http_bodies
from assay.server.limits import TooMany
from assay.server.log_shards import Shard, Shards

MAX_BODY = 4 << 20
_FULL = re.compile(r"full|No space", re.ASCII)


def routes(shards: Shards) -> list[BaseRoute]:
    """The routes of Rekor v2 for writing; `assay.server.tiles` has those for reading."""
    return [Route("/api/v2/log/entries", Entries(shards))]


class Entries:
    """``POST /api/v2/log/entries``."""

    def __init__(self, shards: Shards) -> None:
        self._shards = shards

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "POST":
            await _refuse(send, 501, 12, "Method Not Allowed")
            return
        try:
            admitted = requests_v2.admit(await http_bodies.read(receive, MAX_BODY))
            shard, place = await self._shards.add(admitted.leaf)
        except TooMany as error:
            await _refuse(send, 429, 8, error.what, error.headers)
        except (Refused, InputError) as error:
            await _refuse(send, 400, 3, error.what)
        except ExternalError as error:
            await _refuse(send, 507 if _FULL.search(error.what) else 503, 14, f"{error.what}; {error.remedy}", RETRY)
        except AssayError as error:
            await _refuse(send, 500, 13, error.what)
        else:
            if place.duplicate:
                text = f"an equivalent entry already exists in the transparency log with index {place.index}"
                await _refuse(send, 409, 6, text, ((b"x-log-index", b"%d" % place.index),))
            else:
                remote = shard.log.remote
                given = await asyncio.to_thread(entry, shard, admitted, place.index) if remote else None
                await http_bodies.answer(send, 201, given or entry(shard, admitted, place.index))


RETRY = ((b"retry-after", b"5"),)


def entry(shard: Shard, admitted: Admitted, index: int) -> bytes:
    """A ``TransparencyLogEntry`` in JSON: all but base64 and numbers is ours, so it is put together as text."""
    log, head = shard.log, shard.log.head
    hashes = ",".join([f'"{b64encode(item).decode()}"' for item in log.inclusion(index, head.size)])
    note = json.dumps(checkpoint.only(head.checkpoint, shard.v2_id), ensure_ascii=False)
    return (
        f'{{"logIndex":"{index}","logId":{{"keyId":"{b64encode(shard.v2_id).decode()}"}},'
        f'"kindVersion":{{"kind":"{admitted.kind}","version":"{admitted.version}"}},"integratedTime":"0",'
        f'"inclusionPromise":null,"inclusionProof":{{"logIndex":"{index}",'
        f'"rootHash":"{b64encode(head.root).decode()}","treeSize":"{head.size}","hashes":[{hashes}],'
        f'"checkpoint":{{"envelope":{note}}}}},"canonicalizedBody":"{b64encode(admitted.leaf.data).decode()}"}}'
    ).encode()


async def _refuse(
    send: Send, status: int, code: int, message: str, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    body = json.dumps({"code": code, "message": message, "details": []}, ensure_ascii=False)
    await http_bodies.answer(send, status, body.encode("utf-8", "replace"), headers)
