"""Keys of signed notes as C2SP writes them (signed-note, "Verifier keys"): ``NAME+HASH+KEY``.

::

    log.example+6ac5a8b5+AQzFhyQCaBB0fMJlQzDBsnM2Hhr2mXVrjTYyjxoEpUvY      (Ed25519, type 1; cosignatures have type 4)
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import NamedTuple

from assay.errors import Malformed
from assay.formats import strict_json

ED25519, ECDSA, COSIGNATURE = 1, 2, 4
_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410)."""
_MAX = 1024


class NoteKey(NamedTuple):
    """Under what name and with which key (SubjectPublicKeyInfo) notes are signed; `kind` is its type byte."""

    name: str
    key_id: bytes
    kind: int
    key: bytes

    def __str__(self) -> str:
        raw = self.key[-32:] if self.kind in (ED25519, COSIGNATURE) else self.key
        return f"{self.name}+{self.key_id.hex()}+{b64encode(bytes((self.kind,)) + raw).decode()}"


def is_key(text: str) -> bool:
    """Whether a text looks like one."""
    return len(text) <= _MAX and text.count("+") >= 2 and "\n" not in text.strip()


def read(text: str) -> NoteKey:
    """The key; raises `Malformed`, also where its hash is that of another one."""
    text = text.strip()
    name, _, rest = text.partition("+")
    digits, parted, encoded = rest.partition("+")
    if len(text) > _MAX or not parted or not name or name.split() != [name]:
        raise Malformed("this is no key of signed notes", "write it as NAME+HASH+KEY")
    key_id = strict_json.decode_hex(digits, "the hash of the note key")
    data = strict_json.decode(encoded, "the note key")
    kind, raw = data[:1], data[1:]
    if kind == bytes((ECDSA,)):
        found = NoteKey(name, hashlib.sha256(raw).digest()[:4], ECDSA, raw)
    elif kind in (bytes((ED25519,)), bytes((COSIGNATURE,))) and len(raw) == 32:
        found = of_ed25519(name, _SPKI + raw, kind[0])
    else:
        raise Malformed(f"note keys of the type {kind.hex() or 'none'} are not known", "there are Ed25519 and ECDSA")
    if found.key_id != key_id:
        raise Malformed(f"the hash of the note key {name!r} does not fit it: {found.key_id.hex()} is right")
    return found


def of_ed25519(name: str, key: bytes, kind: int = ED25519) -> NoteKey:
    """That of an Ed25519 key (SubjectPublicKeyInfo)."""
    digest = hashlib.sha256(name.encode() + b"\n" + bytes((kind,)) + key[-32:]).digest()
    return NoteKey(name, digest[:4], kind, key)
