"""Verdicts by digest: what an authority accepted of an image, kept so that no registry is asked twice.

Only what was accepted is kept. A question holds everything that the answer hangs on (repository, digest, authority,
trust root): what changes one of them asks anew, so nothing that was revoked is remembered as good.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any

from assay.adapters.admission_store import Database
from assay.errors import AssayError, Malformed
from assay.formats import digest as digests
from assay.formats import json, json_bytes
from assay.model.digest import Digest
from assay.model.image_policy import ImageAttestation, ImageSignature

Kept = Sequence[ImageSignature] | Sequence[ImageAttestation]
MAX_ROWS = 200_000
MAX_HELD = 4_000
MAX_HELD_BYTES = 16 << 20
MAX_DOCUMENT = 64 << 20
_AGING = 0.75
_PRUNED = 100
"""After how many answers the oldest are taken out."""
_KEEP = (
    "INSERT INTO verdict VALUES (?, ?, ?, ?) ON CONFLICT (question)"
    " DO UPDATE SET digest = excluded.digest, time = excluded.time, document = excluded.document"
)
_PRUNE = "DELETE FROM verdict WHERE time <= (SELECT time FROM verdict ORDER BY time DESC LIMIT 1 OFFSET ?)"


class VerdictStore:
    """Answers by question; `fresh` seconds they count without asking again.

    A store that fails is no reason to deny: the registry is asked, and `problems` counts.
    """

    def __init__(self, database: Database, fresh: float = 3600, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._fresh, self._now = fresh, now
        self._held: OrderedDict[str, tuple[float, Kept, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self._written = 0
        self.problems = 0
        self.hits = 0

    def get(self, question: Hashable, most: float | None = None) -> Kept | None:
        """The answer, if there is one that is young enough: at most `most` seconds old, else `fresh`."""
        key = _key(question)
        found = self._in_memory(key) or self._on_disk(key)
        age = self._now() - found[0] if found is not None else 0
        if found is None or not 0 <= age <= (self._fresh if most is None else most):
            return None
        self.hits += 1
        return found[1]

    def is_aging(self, question: Hashable) -> bool:
        """Whether an answer that is held counts not much longer: to be asked anew before anybody waits for it."""
        found = self._in_memory(_key(question))
        return found is not None and self._now() - found[0] > self._fresh * _AGING

    def put(self, question: Hashable, answer: Kept) -> None:
        """Keep an answer."""
        key, now = _key(question), self._now()
        data = zlib.compress(json_bytes.encode([_written(item) for item in answer]), 1)
        image = _image(answer)
        try:
            with self._database.use() as connection:
                connection.execute(_KEEP, (key, image, now, data))
                self._written += 1
                if self._written % _PRUNED == 0:
                    connection.execute(_PRUNE, (MAX_ROWS,))
        except AssayError:
            self.problems += 1
        self._hold(key, now, answer, len(data) * 4)

    def forget(self) -> None:
        """Forget everything: what was accepted must be shown again."""
        with self._lock:
            self._held.clear()
            self._bytes = 0
        with self._database.use() as connection:
            connection.execute("DELETE FROM verdict")

    def _in_memory(self, key: str) -> tuple[float, Kept] | None:
        with self._lock:
            held = self._held.get(key)
            if held is None:
                return None
            self._held.move_to_end(key)
            return held[0], held[1]

    def _on_disk(self, key: str) -> tuple[float, Kept] | None:
        try:
            with self._database.use() as connection:
                row = connection.execute("SELECT time, document FROM verdict WHERE question = ?", (key,)).fetchone()
            if row is None:
                return None
            data = zlib.decompressobj().decompress(row[1], MAX_DOCUMENT)
            answer = _answer(json.load(data))
        except (AssayError, zlib.error, ValueError, TypeError, KeyError):
            self.problems += 1
            return None
        self._hold(key, row[0], answer, len(row[1]) * 4)
        return row[0], answer

    def _hold(self, key: str, moment: float, answer: Kept, size: int) -> None:
        with self._lock:
            old = self._held.pop(key, None)
            self._bytes += size - (old[2] if old is not None else 0)
            self._held[key] = (moment, answer, size)
            while len(self._held) > MAX_HELD or (self._bytes > MAX_HELD_BYTES and len(self._held) > 1):
                _, (_, _, freed) = self._held.popitem(last=False)
                self._bytes -= freed


@lru_cache(2048)
def _key(question: Hashable) -> str:
    return hashlib.sha256(repr(question).encode()).hexdigest()


def _image(answer: Kept) -> str:
    for item in answer:
        return str(item.signature.image if isinstance(item, ImageAttestation) else item.image)
    return ""


def _written(item: ImageSignature | ImageAttestation) -> Any:
    if isinstance(item, ImageAttestation):
        return {"signature": _written(item.signature), "statement": item.statement}
    signed = item.signed.isoformat() if item.signed is not None else ""
    return {
        "image": str(item.image),
        "identity": item.identity,
        "issuer": item.issuer,
        "signed": signed,
        "payload": item.payload,
        "claims": [list(pair) for pair in item.claims],
    }


def _answer(value: Any) -> Kept:
    if not isinstance(value, list):
        raise Malformed("the verdict is no list")
    if value and "statement" in value[0]:
        return tuple(ImageAttestation(_signature(item["signature"]), item["statement"]) for item in value)
    return tuple(map(_signature, value))


def _signature(value: Any) -> ImageSignature:
    signed = datetime.fromisoformat(value["signed"]) if value["signed"] else None
    image: Digest = digests.parse(value["image"])
    claims = tuple((int(number), str(text)) for number, text in value["claims"])
    return ImageSignature(image, value["identity"], value["issuer"], signed, value["payload"], claims)
