"""The witness of other logs (C2SP tlog-witness): it signs a checkpoint only where it grew out of the last one it signed.

::

    old 20852163
    fqD4IY7r3TZKLmIsnxBGGZjRMSvc0Dp0WPdqSfSTM8A=

    example.com/behind-the-sofa
    20852164
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""  # noqa: E501 (a line of the wire form)

from __future__ import annotations

import hashlib
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from assay.errors import AssayError, Malformed, Refused
from assay.formats import strict_json, tlog_note
from assay.model.bundle import Checkpoint
from assay.ports import Signer
from assay.trust import keys, merkle

MAX_BODY = 64 << 10
_TYPE = b"\4"
_MAX_PROOF = 63


class Seen(Protocol):
    """Remembers, durably, the last checkpoint that was signed of each log."""

    def get(self, origin: str) -> tuple[int, bytes] | None:
        """Size and root."""
        ...

    def put(self, origin: str, size: int, root: bytes) -> None:
        """Keep them; they are on disk when this returns."""
        ...


class Answer(Exception):
    """What is answered instead of a cosignature: `status` and `body`."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body)
        self.status, self.body = status, body


class Witness:
    """Cosigns under a name with an Ed25519 key; `logs` are the keys (DER) of each origin that it knows."""

    def __init__(
        self, name: str, signer: Signer, logs: Mapping[str, Sequence[bytes]], seen: Seen, now: Callable[[], float]
    ) -> None:
        self._name, self._signer, self._logs, self._seen, self._now = name, signer, logs, seen, now
        self._lock = threading.Lock()
        public = name.encode() + b"\n" + _TYPE + signer.public_key[-32:]
        self._key_id = hashlib.sha256(public).digest()[:4]

    def add(self, body: bytes) -> str:
        """The cosignature line; raises `Answer` with what the specification wants instead (400, 403, 404, 409, 422)."""
        try:
            old, proof, shown = _read(body)
        except AssayError as error:
            raise Answer(400, error.what) from error
        if shown.origin not in self._logs:
            raise Answer(404, "the log is not known here")
        if not self._signed(shown):
            raise Answer(403, "no signature is one of a key of the log")
        if old > shown.size:
            raise Answer(400, "the old size is above that of the checkpoint")
        with self._lock:
            size, root = self._seen.get(shown.origin) or (0, b"")
            if old != size:
                raise Answer(409, f"{size}\n")
            if old == shown.size and root not in (b"", shown.root):
                raise Answer(409, f"{size}\n")
            try:
                merkle.check_consistency(old, shown.size, root, shown.root, proof)
            except Refused as error:
                raise Answer(422, error.what) from error
            self._seen.put(shown.origin, shown.size, shown.root)
        return self._cosign(shown)

    def _signed(self, shown: Checkpoint) -> bool:
        for name, _, signature in shown.note.signatures:
            for key in self._logs[shown.origin] if name == shown.origin else ():
                try:
                    keys.check(keys.load(key), signature, keys.Signed(shown.note.text))
                except AssayError:
                    continue
                return True
        return False

    def _cosign(self, shown: Checkpoint) -> str:
        moment = int(self._now())
        signed = b"cosignature/v1\ntime %d\n%s" % (moment, shown.note.text)
        data = self._key_id + moment.to_bytes(8, "big") + self._signer.sign(signed)
        return f"— {self._name} {b64encode(data).decode()}\n"


def _read(body: bytes) -> tuple[int, list[bytes], Checkpoint]:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Malformed("the request is not UTF-8") from error
    head, parted, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    number = first.removeprefix("old ")
    if not parted or number == first or not number.isascii() or not number.isdecimal() or len(number) > 19:
        raise Malformed("the request does not begin with the old size")
    if len(lines) > _MAX_PROOF:
        raise Malformed(f"a consistency proof of {len(lines)} hashes")
    proof = [strict_json.decode(line, "a hash of the proof") for line in lines]
    if any(len(item) != 32 for item in proof):
        raise Malformed("a hash of the proof is no SHA-256 digest")
    return int(number), proof, tlog_note.checkpoint(note)
