"""Fulcio's HTTP API, v2 and v1 (``fulcio.proto``, ``fulcio_legacy.proto``), with its statuses and texts.

A refusal says in ``details`` what is wrong, but nothing about what is configured here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.app.sigstore import Instance
from assay.engines.authority import issuers, requests, tokens
from assay.engines.authority.issuing import Issued
from assay.engines.authority.requests import CertificateRequest
from assay.errors import AssayError, ExternalError, InputError, LimitExceeded, Refused
from assay.formats import pem
from assay.model.transparency import NewLeaf
from assay.server import http_bodies
from assay.server.limits import Buckets, TooMany
from assay.server.log_shards import Shards
from assay.server.spent_tokens import SpentTokens

MAX_BODY = 128 << 10
_PEM = b"application/pem-certificate-chain"
Read = Callable[[bytes, str], CertificateRequest]


class Guards(NamedTuple):
    """How often an identity may ask, and which tokens were used; None for as one likes."""

    limit: Buckets | None = None
    spent: SpentTokens | None = None


NONE = Guards()


def routes(instance: Instance, ct: Shards, guards: Guards = NONE) -> list[BaseRoute]:
    """All of Fulcio's routes; `ct` are the certificate logs, `guards` what they hold against askers."""

    def bundle() -> bytes:
        chains = [_pems(item.chain) for item in instance.material.authorities]
        return json.dumps({"chains": [{"certificates": chain} for chain in chains]}).encode()

    described = json.dumps({"issuers": instance.issuers.described()}).encode()
    return [
        Route("/api/v2/signingCert", SigningCert(instance, ct, requests.read, guards)),
        Route("/api/v1/signingCert", SigningCert(instance, ct, requests.read_v1, guards)),
        Route("/api/v2/trustBundle", Fixed(bundle)),
        Route("/api/v2/configuration", Fixed(lambda: described)),
        Route("/api/v1/rootCert", Fixed(lambda: "".join(_pems(instance.authority.chain)).encode(), _PEM)),
    ]


def _pems(chain: tuple[bytes, ...]) -> list[str]:
    return [pem.write("CERTIFICATE", item) for item in chain]


class Fixed:
    """An answer that does not depend on the request."""

    def __init__(self, body: Callable[[], bytes], kind: bytes = http_bodies.JSON) -> None:
        self._body, self._kind = body, kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await refuse(send, 501, 12, "Method Not Allowed")
            return
        await http_bodies.answer(send, 200, self._body(), kind=self._kind)


class SigningCert:
    """``POST /api/v2/signingCert`` and ``POST /api/v1/signingCert``."""

    def __init__(self, instance: Instance, ct: Shards, read: Read, guards: Guards = NONE) -> None:
        self._instance, self._ct, self._read, self._guards = instance, ct, read, guards

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the certificate is in the CT log, durably, before it is handed out."""
        if scope["method"] != "POST":
            await refuse(send, 501, 12, "Method Not Allowed")
            return
        header = http_bodies.header(scope, b"authorization").decode("latin-1")
        try:
            body = await http_bodies.read(receive, MAX_BODY)
            issued = await asyncio.to_thread(self._issue, body, header)
            await self._ct.add(NewLeaf(issued.leaf))
        except TooMany as error:
            await refuse(send, 429, 8, error.what, error.remedy, error.headers)
        except LimitExceeded as error:
            await refuse(send, 400, 3, error.what)
        except (Refused, InputError) as error:
            await refuse(send, 400, 3, error.what, error.remedy)
        except ExternalError as error:
            await refuse(send, 503, 14, "a service that this one needs is away", error.remedy)
        except AssayError:
            await refuse(send, 500, 13, "an internal error")
        else:
            await self._grant(send, issued)

    def _issue(self, body: bytes, authorization: str) -> Issued:
        """1. the request, 2. its token, 3. who that is, 4. possession of the key, 5. the certificate."""
        request = self._read(body, authorization)
        url, key_id = tokens.issuer_of(request.token)
        issuer = self._instance.issuers.of(url)
        key = self._instance.keys.key(url, key_id)
        claims = tokens.check(request.token, key, url, issuer.audience)
        identity = issuers.identify(issuer, claims)
        if self._guards.limit is not None:
            self._guards.limit.require(f"{identity.issuer} {identity.subject}", "by this identity")
        requests.check_proof(request, identity.challenge)
        if self._guards.spent is not None:
            self._guards.spent.spend(request.token, claims, request.key)
        return self._instance.authority.issue(identity, request.key, datetime.now(UTC))

    async def _grant(self, send: Send, issued: Issued) -> None:
        chain = _pems((issued.certificate, *issued.chain))
        if self._read is requests.read_v1:
            await http_bodies.answer(send, 201, "".join(chain).encode(), kind=_PEM)
            return
        body = json.dumps({"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}})
        await http_bodies.answer(send, 200, body.encode())


async def refuse(
    send: Send,
    status: int,
    code: int,
    message: str,
    detail: str = "",
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> None:
    """An error as gRPC's gateway writes it."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": detail}] if detail else []
    body = json.dumps({"code": code, "message": message, "details": details})
    await http_bodies.answer(send, status, body.encode(), headers)
