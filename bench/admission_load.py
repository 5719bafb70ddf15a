"""``python -m bench.admission_load URL CA REVIEWS RATE SECONDS CONNECTIONS``: reviews over HTTPS, on time.

Each review is planned for its moment, and its latency counts from then, whether or not a connection was free. `REVIEWS`
is a file of objects or of AdmissionReviews, a JSON line each; names, labels and uids are new in every request. RATE 0
sends as fast as it can. A line of JSON says how it went. URL is that of the server, or of its webhook's path.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Object = dict[str, Any]


def body(item: Object, number: int) -> bytes:
    """A review of an object under another name, or a recorded one with its object under another name."""
    review = _again(item, number) if item["kind"] == "AdmissionReview" else _review(item, number)
    return json.dumps(review).encode()


def _again(review: Object, number: int) -> Object:
    request = {**review["request"], "uid": f"review-{number}", "dryRun": False}
    if request.get("name"):
        request["name"] = f"{request['name']}-{number}"
    for field in ("object", "oldObject"):
        if request.get(field):
            request[field] = renamed(request[field], number)
    return {**review, "request": request}


def renamed(item: Object, number: int) -> Object:
    """An object with another name, uid and label."""
    metadata = {**item["metadata"], "uid": f"uid-{number}"}
    metadata["labels"] = {**(metadata.get("labels") or {}), "run": str(number)}
    for field in ("name", "generateName"):
        if metadata.get(field):
            metadata[field] = f"{metadata[field]}-{number}"
    return {**item, "metadata": metadata}


def _review(item: Object, number: int) -> Object:
    kind = item["kind"]
    group, _, version = item["apiVersion"].rpartition("/")
    found = renamed(item, number)
    metadata = found["metadata"]
    request = {
        "uid": f"review-{number}",
        "kind": {"group": group, "version": version, "kind": kind},
        "resource": {"group": group, "version": version, "resource": f"{kind.lower()}s"},
        "operation": "CREATE",
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "userInfo": {"username": "bench", "groups": ["system:authenticated"]},
        "object": found,
        "dryRun": False,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


class Load:
    """The requests of one run."""

    def __init__(self, url: str, items: list[Object], rate: float, seconds: float) -> None:
        self.parts, self.items, self.rate = urlsplit(url), items, rate
        self.count = int(rate * seconds) if rate else 1 << 30
        self.until = float("inf") if rate else seconds
        self.next = 0
        self.latencies: list[float] = []
        self.denied = self.failed = 0
        self.start = 0.0

    async def connection(self, context: ssl.SSLContext) -> None:
        """Send one request after the other on a connection."""
        host, port = self.parts.hostname or "", self.parts.port or 443
        reader, writer = await asyncio.open_connection(host, port, ssl=context)
        while (number := self.next) < self.count and time.perf_counter() - self.start < self.until:
            self.next += 1
            data = body(self.items[number % len(self.items)], number)
            due = self.start + number / self.rate if self.rate else time.perf_counter()
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            path = self.parts.path.rstrip("/") or "/validate"
            head = f"POST {path}?timeout=10s HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
            self.took(await _answer(reader), time.perf_counter() - due)
        writer.close()

    def took(self, answer: Object, seconds: float) -> None:
        """Count an answer."""
        response = answer.get("response")
        if not isinstance(response, dict):
            self.failed += 1
            return
        self.latencies.append(seconds)
        self.denied += response.get("allowed") is not True


async def _answer(reader: asyncio.StreamReader) -> Object:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    found: Object = json.loads(await (reader.readexactly(int(lengths[0])) if lengths else _chunks(reader)))
    return found


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """A body in chunks (RFC 9112, section 7.1), as servers in Go send what is longer than 2 KiB."""
    found = b""
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        found += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return found


async def _run(load: Load, ca: str, connections: int) -> None:
    context = ssl.create_default_context(cafile=ca)
    load.start = time.perf_counter() + 0.3
    await asyncio.sleep(0.3)
    await asyncio.gather(*(load.connection(context) for _ in range(connections)))


def main() -> None:
    """Run, and say how it went."""
    url, ca, reviews, rate, seconds, connections = sys.argv[1:]
    items = [json.loads(line) for line in Path(reviews).read_text().splitlines()]
    load = Load(url, items, float(rate), float(seconds))
    asyncio.run(_run(load, ca, int(connections)))
    took = sorted(load.latencies)
    elapsed = time.perf_counter() - load.start
    at = {name: took[min(int(len(took) * part), len(took) - 1)] * 1000 for name, part in _PARTS.items()}
    found = {"answers": len(took), "a second": len(took) / elapsed, "denied": load.denied, "failed": load.failed, **at}
    print(json.dumps(found))


_PARTS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

if __name__ == "__main__":
    main()
