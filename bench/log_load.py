"""``python -m bench.log_load URL CONNECTIONS SECONDS``: distinct signed entries to a Rekor v2, over raw connections.

All requests are signed and written before the clock starts; each connection sends the next when it was answered.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import sys
import time
from typing import cast
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def requests(count: int, host: str, path: str = "/api/v2/log/entries") -> list[bytes]:
    """Requests with distinct digests, signed with one key."""
    key = ec.generate_private_key(ec.SECP256R1())
    spki = base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    verifier = {"publicKey": {"rawBytes": spki}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
    found = []
    salt = secrets.token_bytes(16)
    for number in range(count):
        digest = hashlib.sha256(salt + b"%d" % number).digest()
        signature = base64.b64encode(key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))).decode()
        record = {
            "digest": base64.b64encode(digest).decode(),
            "signature": {"content": signature, "verifier": verifier},
        }
        body = json.dumps({"hashedRekordRequestV002": record}).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        found.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return found


class Client(asyncio.Protocol):
    """One connection; answers are told apart by their lengths."""

    def __init__(self, load: Load) -> None:
        self.load, self.buffer, self.sent = load, b"", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.next()

    def next(self) -> None:
        if time.perf_counter() > self.load.until or not self.load.requests:
            self.transport.close()
            return
        self.sent = time.perf_counter()
        self.transport.write(self.load.requests.pop())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, parted, rest = self.buffer.partition(b"\r\n\r\n")
        if not parted:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        chunked = at < 0
        done = rest.endswith(b"0\r\n\r\n") if chunked else len(rest) >= int(lower[at + 15 :].split(b"\r\n", 1)[0])
        if done:
            self.buffer = b""
            self.load.answered(head[9:12], time.perf_counter() - self.sent)
            self.next()

    def connection_lost(self, error: Exception | None) -> None:
        self.load.closed()


class Load:
    """All connections together."""

    def __init__(self, items: list[bytes], connections: int, seconds: float) -> None:
        self.requests, self.open, self.until = items, connections, time.perf_counter() + seconds
        self.times: list[float] = []
        self.statuses: dict[str, int] = {}
        self.done = asyncio.get_running_loop().create_future()

    def answered(self, status: bytes, took: float) -> None:
        self.times.append(took)
        name = status.decode()
        self.statuses[name] = self.statuses.get(name, 0) + 1

    def closed(self) -> None:
        self.open -= 1
        if not self.open and not self.done.done():
            self.done.set_result(None)


async def run(url: str, connections: int, seconds: float, items: list[bytes]) -> dict[str, object]:
    """What came of it: rate of what was granted (200 or 201), latencies in ms, statuses."""
    parts = urlsplit(url)
    load = Load(items, connections, seconds)
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Client(load), parts.hostname or "127.0.0.1", parts.port or 80)
    await load.done
    took = time.perf_counter() - began
    times = sorted(load.times)
    at = {
        f"p{percent}_ms": round(1000 * times[min(len(times) - 1, len(times) * percent // 100)], 1)
        for percent in (50, 99)
    }
    rate = round((load.statuses.get("200", 0) + load.statuses.get("201", 0)) / took, 1)
    return {
        "per_second": rate,
        "seconds": round(took, 1),
        **at,
        "worst_ms": round(1000 * times[-1], 1),
        "statuses": load.statuses,
    }


def main(arguments: list[str]) -> None:
    """Run it, and print the result as JSON."""
    import uvloop

    url, connections, seconds = arguments[0], int(arguments[1]), float(arguments[2])
    most = int(arguments[3]) if len(arguments) > 3 else int(4000 * seconds)
    print(json.dumps(uvloop.run(run(url, connections, seconds, requests(most, urlsplit(url).netloc)))))


if __name__ == "__main__":
    main(sys.argv[1:])
