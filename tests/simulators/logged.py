"""Real entries for logs in tests: signatures over digests, by certificates of nobody."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from assay.engines.authority import x509
from assay.engines.log import requests_v2
from assay.engines.log.sequencer import Log
from assay.formats import der
from assay.model.transparency import NewLeaf
from simulators.log_keys import MemorySigner, p256

ISSUER = "https://issuer.example"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@cache
def certified(name: str) -> tuple[MemorySigner, bytes]:
    """A key and a certificate (DER) for a name, vouched for by `ISSUER`."""
    key, subject = p256(), x509.name("", "nobody")
    names = x509.extension("2.5.29.17", der.sequence(der.encode(0x81, name.encode())), critical=True)
    issuer = x509.extension("1.3.6.1.4.1.57264.1.8", der.encode(der.UTF8, ISSUER.encode()))
    return key, x509.authority(key, key.public_key, (subject, subject), NOW, 10, (names, issuer))


def request(data: bytes, name: str) -> bytes:
    """What is posted to Rekor v2 about a signature over `data`."""
    key, certificate = certified(name)
    verifier = {"x509Certificate": {"rawBytes": text(certificate)}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
    signed = {"content": text(key.sign(data)), "verifier": verifier}
    digest = text(hashlib.sha256(data).digest())
    return json.dumps({"hashedRekordRequestV002": {"digest": digest, "signature": signed}}).encode()


def leaf(data: bytes, name: str) -> NewLeaf:
    """The leaf of that entry."""
    return requests_v2.admit(request(data, name)).leaf


def fill(log: Log, count: int, names: Sequence[str] = ("others@org.example",)) -> None:
    """Add entries, signed by these in turn; the artifact is ``artifact N``."""
    first = log.head.size
    log.append([leaf(b"artifact %d" % (first + at), names[at % len(names)]) for at in range(count)])


def text(data: bytes) -> str:
    return b64encode(data).decode()
