"""Slow and greedy clients: ended, refused, and told so."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.adapters.sigstore.services import _request as certificate_request
from assay.app import sigstore
from assay.errors import ExternalError, Refused, UsageError
from assay.formats import pem
from assay.server import http_bodies, limits
from assay.server.development_issuer import DevelopmentIssuer
from assay.server.instance import Serving, part
from assay.server.limits import BodyTimeout, RateLimit
from assay.server.parts import Part, compose
from assay.server.spent_tokens import SpentTokens
from assay.trust import signing
from simulators import asgi
from simulators.asgi import Answer


async def reads(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that wants the body."""
    await http_bodies.answer(send, 200, await http_bodies.read(receive, 100))


async def ask(app: ASGIApp, address: str = "192.0.2.1", *, slow: bool = False) -> Message:
    """The start of the answer to a request in two parts, of which the second never comes from a `slow` client."""
    sent: list[Message] = []
    parts: list[Message] = [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.request", "body": b"b"},
    ]

    async def receive() -> Message:
        if slow and len(parts) == 1:
            await asyncio.sleep(60)
        return parts.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "client": (address, 1)}
    await app(scope, receive, send)
    return sent[0]


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    assert asyncio.run(ask(BodyTimeout(reads, 30)))["status"] == 200
    assert asyncio.run(ask(BodyTimeout(reads, 0.05), slow=True))["status"] == 408


def test_an_address_that_asks_without_pause_is_refused_and_others_are_not() -> None:
    now = [100.0]
    app = RateLimit(reads, 2, lambda: now[0])
    answers = [asyncio.run(ask(app)) for _ in range(11)]
    assert [answer["status"] for answer in answers] == [200] * 10 + [429]
    assert (b"retry-after", b"1") in answers[-1]["headers"]
    assert asyncio.run(ask(app, "192.0.2.2"))["status"] == 200
    now[0] += 0.5
    assert [asyncio.run(ask(app))["status"] for _ in range(2)] == [200, 429]


def test_an_identity_and_a_key_that_ask_too_much_are_refused_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_BURST", 500.0)
    now = sigstore.now()
    sigstore.make(sigstore.Making(tmp_path / "data", tmp_path / "roots", "http://127.0.0.1:1", b"p", b"r", now))
    instance = sigstore.open_instance(tmp_path / "data", b"p", development=True)
    instance.publish(now)
    app = compose([part(instance, Serving(identity_rate=0.004))])  # two at once, then one in 250 s
    mine, yours = signing.generate(), signing.generate()

    def certificate(email: str, key: signing.LocalKey) -> Answer:
        csr = base64.b64encode(certificate_request(key)).decode()
        token = DevelopmentIssuer(instance).token(email)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        return asgi.ask(
            app, "POST", "/api/v2/signingCert", json.dumps({"certificateSigningRequest": csr}).encode(), headers
        )

    first = [certificate("me@org.example", mine) for _ in range(3)]
    assert [answer.status for answer in first] == [200, 200, 429]
    assert first[2].headers["retry-after"] == "250"
    assert "by this identity" in first[2].json()["message"]
    other = certificate("you@org.example", yours)
    assert other.status == 200

    def log(answer: Answer | None, key: signing.LocalKey, data: bytes) -> Answer:
        if answer is None:
            verifier = {"publicKey": {"rawBytes": base64.b64encode(key.public_key).decode()}}
        else:
            chain = answer.json()["signedCertificateEmbeddedSct"]["chain"]["certificates"]
            der = pem.certificates(chain[0].encode())[0]
            verifier = {"x509Certificate": {"rawBytes": base64.b64encode(der).decode()}}
        signature = base64.b64encode(key.sign(data)).decode()
        signed = {"content": signature, "verifier": {**verifier, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}}
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        body = json.dumps({"hashedRekordRequestV002": {"digest": digest, "signature": signed}}).encode()
        return asgi.ask(app, "POST", "/api/v2/log/entries", body)

    by_name = [log(first[at % 2], mine, b"%d" % at) for at in range(3)]  # two certificates of one identity
    assert [answer.status for answer in by_name] == [201, 201, 429]
    assert "by this identity" in by_name[2].json()["message"]
    assert log(other, yours, b"of somebody else").status == 201
    by_key = [log(None, mine, b"key %d" % at) for at in range(3)]
    assert [answer.status for answer in by_key] == [201, 201, 429]
    assert "with this key" in by_key[2].json()["message"]


def test_a_token_is_good_for_one_key_where_that_is_asked_for(tmp_path: Path) -> None:
    now = sigstore.now()
    sigstore.make(sigstore.Making(tmp_path / "data", tmp_path / "roots", "http://127.0.0.1:1", b"p", b"r", now))
    instance = sigstore.open_instance(tmp_path / "data", b"p", development=True)
    instance.publish(now)
    strict, lenient = (compose([part(instance, Serving(single_use=once))]) for once in (True, False))
    token, mine, thiefs = DevelopmentIssuer(instance).token("me@org.example"), signing.generate(), signing.generate()

    def certificate(app: ASGIApp, key: signing.LocalKey, token: str = token) -> Answer:
        csr = base64.b64encode(certificate_request(key)).decode()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        body = json.dumps({"certificateSigningRequest": csr}).encode()
        return asgi.ask(app, "POST", "/api/v2/signingCert", body, headers)

    assert [certificate(lenient, key).status for key in (mine, thiefs)] == [200, 200]
    assert certificate(strict, mine).status == 200
    refused = certificate(strict, thiefs)
    assert refused.status == 400
    assert "for another key already" in json.dumps(refused.json())
    assert certificate(strict, mine).status == 200  # an answer that did not arrive is asked for again
    assert certificate(strict, thiefs, DevelopmentIssuer(instance).token("thief@org.example")).status == 200


def test_used_tokens_are_remembered_until_they_expire() -> None:
    now = [1000.0]
    spent = SpentTokens(lambda: now[0], most=2)
    for name in ("a", "b"):
        spent.spend(f"{name}.x.signature", {"exp": 1100}, b"mine")
    with pytest.raises(Refused, match="token"):
        spent.spend("a.x.another signature", {"exp": 1100}, b"another")
    with pytest.raises(ExternalError):
        spent.spend("c.x.signature", {"exp": 1100}, b"mine")
    spent.spend("b.x.signature", {"exp": 1100}, b"mine")
    now[0] = 1131  # with the leeway that a token has
    spent.spend("c.x.signature", {"exp": 10**400}, b"mine")


def test_parts_that_claim_the_same_path_are_not_served_together() -> None:
    one, other = (Part(name, [Route("/same", reads)]) for name in ("one", "other"))
    with pytest.raises(UsageError, match="one and other both serve /same"):
        compose([one, other])
    fallback = [Part(name, [], fallback=[Route("/{path:path}", reads)]) for name in ("one", "other")]
    with pytest.raises(UsageError):
        compose(fallback)
    ready = [True]
    app = compose([Part("one", [], {"disk": {"full": "it is full"}}, ready=lambda: ready[0])])
    assert asgi.ask(app, "GET", "/healthz").json()["warnings"] == ["disk: it is full"]
    assert asgi.ask(app, "GET", "/readyz").status == 200
    ready[0] = False
    assert asgi.ask(app, "GET", "/readyz").status == 503
