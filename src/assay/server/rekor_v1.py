"""Rekor v1 over the same tree (rekor ``openapi.yaml``): create, get, retrieve, search, proofs, key.

::

    {"UUID": {"body": "…", "integratedTime": 1, "logID": "HEX", "logIndex": 0, "verification": {
        "inclusionProof": {"checkpoint": "…", "hashes": ["HEX"], "logIndex": 0, "rootHash": "HEX", "treeSize": 1},
        "signedEntryTimestamp": "…"}}}

A UUID is the number of the tree (16 hexadecimal digits) and the hash of the leaf (64).
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.engines.log import requests_v1
from assay.errors import AssayError, ExternalError, InputError, LimitExceeded, Malformed, Refused
from assay.formats import pem
from assay.formats.json import Object
from assay.server import http_bodies, rekor_v1_search
from assay.server.limits import TooMany
from assay.server.log_shards import Shard, Shards
from assay.trust import merkle

MAX_BODY = 4 << 20
_ENTRIES = "/api/v1/log/entries"
Work = Callable[[bytes], Awaitable[Response]]


class RekorV1:
    """The answers, by the logs that are shown."""

    def __init__(self, shards: Shards) -> None:
        self.shards = shards

    async def create(self, body: bytes) -> Response:
        """Log a proposed entry: 201, or 409 with the place of the one that is there."""
        admitted = requests_v1.admit(body)
        shard, place = await self.shards.add(admitted.leaf)
        uuid = uuid_of(shard, merkle.leaf(admitted.leaf.data))
        headers = {"Location": f"{_ENTRIES}/{uuid}"}
        if place.duplicate:
            text = f"an equivalent entry already exists in the transparency log with UUID {uuid}"
            return JSONResponse({"code": 409, "message": text}, 409, headers)
        found = await asyncio.to_thread(self.entry, shard, place.index, admitted.leaf.data, place.time)
        return JSONResponse(found, 201, {**headers, "ETag": uuid})

    def entry(self, shard: Shard, index: int, body: bytes, moment: int) -> Object:
        """One entry with its proof and the log's signature on arrival."""
        log, head = shard.log, shard.log.head
        content = b64encode(body).decode()
        total = shard.offset + index
        signed: Object = {"body": content, "integratedTime": moment, "logID": shard.v1_id.hex(), "logIndex": total}
        promise = shard.v1.sign(json.dumps(signed, sort_keys=True, separators=(",", ":")).encode())
        proof: Object = {
            "checkpoint": shard.v1_checkpoint(head),
            "hashes": [item.hex() for item in log.inclusion(index, head.size)],
            "logIndex": index,
            "rootHash": head.root.hex(),
            "treeSize": head.size,
        }
        verification: Object = {"inclusionProof": proof, "signedEntryTimestamp": b64encode(promise).decode()}
        return {uuid_of(shard, log.leaf_hash(index)): {**signed, "verification": verification}}

    def by_index(self, total: int) -> Object:
        """The entry with that number, counted through all shards."""
        shard, index = self.shards.by_index(total)
        return self.entry(shard, index, *shard.log.entry(index))

    def by_uuid(self, uuid: str) -> Object:
        """The entry with that UUID, or only the 64 digits of its leaf hash; raises `Refused` where there is none."""
        shard, leaf_hash = self._parse(uuid)
        for one in [shard] if shard else self.shards.all[::-1]:
            found = one.log.find(leaf_hash)
            if found is not None:
                return self.entry(one, found[0], *one.log.entry(found[0]))
        raise Refused(f"the log has no entry {uuid}")

    def _parse(self, uuid: str) -> tuple[Shard | None, bytes]:
        if len(uuid) not in (64, 80) or not all(letter in "0123456789abcdef" for letter in uuid.lower()):
            raise Malformed("a UUID has 64 or 80 hexadecimal digits")
        shard = self.shards.by_tree(int(uuid[:16], 16)) if len(uuid) == 80 else None
        return shard, bytes.fromhex(uuid[-64:])

    async def index(self, request: Request) -> Response:
        """``GET /api/v1/log/entries?logIndex=N``."""
        total = _number(request, "logIndex", None)
        return JSONResponse(await asyncio.to_thread(self.by_index, total))

    async def uuid(self, request: Request) -> Response:
        """``GET /api/v1/log/entries/UUID``."""
        return JSONResponse(await asyncio.to_thread(self.by_uuid, request.path_params["uuid"]))

    async def retrieve(self, body: bytes) -> Response:
        """``POST /api/v1/log/entries/retrieve``."""
        return JSONResponse(await asyncio.to_thread(rekor_v1_search.retrieve, self, body))

    async def search(self, body: bytes) -> Response:
        """``POST /api/v1/index/retrieve``."""
        return JSONResponse(await asyncio.to_thread(rekor_v1_search.search, self.shards, body))

    async def info(self, _: Request) -> Response:
        """``GET /api/v1/log``."""
        if self.shards.active.log.remote:
            await asyncio.to_thread(self.shards.active.log.catch_up)
        *inactive, active = [_info(shard) for shard in self.shards.all]
        return JSONResponse({**active, "inactiveShards": inactive})

    async def key(self, request: Request) -> Response:
        """``GET /api/v1/log/publicKey``."""
        text = pem.write("PUBLIC KEY", self._shard(request).v1.public_key)
        return Response(text, media_type="application/x-pem-file")

    async def proof(self, request: Request) -> Response:
        """``GET /api/v1/log/proof?firstSize=1&lastSize=N``."""
        shard = self._shard(request)
        first, last = _number(request, "firstSize", 1), _number(request, "lastSize", None)
        hashes = await asyncio.to_thread(shard.log.consistency, first, last)
        root = shard.log.root(last)
        return JSONResponse({"rootHash": root.hex(), "hashes": [item.hex() for item in hashes]})

    def _shard(self, request: Request) -> Shard:
        text = request.query_params.get("treeID", "")
        return self.shards.by_tree(_number(request, "treeID", None)) if text else self.shards.active


def uuid_of(shard: Shard, leaf_hash: bytes) -> str:
    """The UUID of a leaf."""
    return f"{shard.tree_id:016x}{leaf_hash.hex()}"


def _info(shard: Shard) -> Object:
    head = shard.log.head
    note = shard.v1_checkpoint(head)
    return {"rootHash": head.root.hex(), "treeSize": head.size, "signedTreeHead": note, "treeID": str(shard.tree_id)}


def _number(request: Request, name: str, default: int | None) -> int:
    text = request.query_params.get(name, "" if default is None else str(default))
    if not text.isascii() or not text.isdecimal() or len(text) > 19:
        raise Malformed(f"{name} must be a number")
    return int(text)


class _Endpoint:
    """One path: by method, what is done with the request or its body; errors become Rekor's."""

    def __init__(self, get: Callable[[Request], Awaitable[Response]] | None = None, post: Work | None = None) -> None:
        self._get, self._post = get, post

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._response(scope, receive)
        await response(scope, receive, send)

    async def _response(self, scope: Scope, receive: Receive) -> Response:
        try:
            if scope["method"] in ("GET", "HEAD") and self._get is not None:
                return await self._get(Request(scope, receive))
            if scope["method"] == "POST" and self._post is not None:
                return await self._post(await http_bodies.read(receive, MAX_BODY))
            return _refuse(405, f"method {scope['method'][:20]} is not allowed, but POST or GET is")
        except LimitExceeded as error:
            return _refuse(413, error.what)
        except TooMany as error:
            found = _refuse(429, error.what)
            found.headers["retry-after"] = str(error.seconds)
            return found
        except Refused as error:
            return _refuse(404 if "has no" in error.what or "is no tree" in error.what else 400, error.what)
        except InputError as error:
            return _refuse(400, error.what)
        except ExternalError as error:
            return _refuse(507 if "full" in error.what or "No space" in error.what else 503, error.what)
        except AssayError as error:
            return _refuse(500, error.what)


def _refuse(status: int, message: str) -> Response:
    return JSONResponse({"code": status, "message": message}, status)


def routes(shards: Shards) -> list[BaseRoute]:
    """The routes of Rekor v1."""
    face = RekorV1(shards)
    _ = shards.active.v1
    paths = {
        _ENTRIES: _Endpoint(get=face.index, post=face.create),
        f"{_ENTRIES}/retrieve": _Endpoint(post=face.retrieve),
        f"{_ENTRIES}/retrieve/": _Endpoint(post=face.retrieve),
        f"{_ENTRIES}/{{uuid}}": _Endpoint(get=face.uuid),
        "/api/v1/index/retrieve": _Endpoint(post=face.search),
        "/api/v1/log": _Endpoint(get=face.info),
        "/api/v1/log/proof": _Endpoint(get=face.proof),
        "/api/v1/log/publicKey": _Endpoint(get=face.key),
    }
    return [Route(path, endpoint) for path, endpoint in paths.items()]
