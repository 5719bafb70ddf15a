"""Checkpoints as signed notes, under the key ids that Sigstore's clients look for (C2SP signed-note).

ECDSA keys are named by the digest of their SubjectPublicKeyInfo (Rekor v1), Ed25519 keys as the specification says
(Rekor v2). One checkpoint may bear a line of each.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence

from assay.model.signature import Scheme
from assay.ports import Signer

_ED25519 = b"\1"


def log_id(signer: Signer, origin: str) -> bytes:
    """The 32 bytes by which trusted roots and entries name a log's key."""
    if signer.scheme is Scheme.ED25519:
        return hashlib.sha256(origin.encode() + b"\n" + _ED25519 + signer.public_key[-32:]).digest()
    return hashlib.sha256(signer.public_key).digest()


def body(origin: str, size: int, root: bytes) -> str:
    """What is signed."""
    return f"{origin}\n{size}\n{b64encode(root).decode()}\n"


def line(origin: str, text: str, signer: Signer) -> str:
    """A signature line under a note."""
    data = log_id(signer, origin)[:4] + signer.sign(text.encode())
    return f"— {origin} {b64encode(data).decode()}\n"


def sign(origin: str, size: int, root: bytes, signers: Sequence[Signer]) -> bytes:
    """The signed checkpoint."""
    text = body(origin, size, root)
    return (text + "\n" + "".join(line(origin, text, signer) for signer in signers)).encode()


def of_v1(origin: str, tree_id: int, size: int, root: bytes, signer: Signer) -> str:
    """The same state as Rekor v1 signs it: the number of the tree behind the origin, by which clients know v1."""
    text = body(f"{origin} - {tree_id}", size, root)
    return f"{text}\n{line(origin, text, signer)}"


def only(checkpoint: bytes, key_id: bytes) -> str:
    """The checkpoint with the lines of one key alone.

    Some clients want that every line is of a key they know, so each gets the line of the key it asked for.
    """
    text, _, lines = checkpoint.decode().rpartition("\n\n")
    wanted = b64encode(key_id[:3]).decode()
    return f"{text}\n\n" + "".join(f"{one}\n" for one in lines.splitlines() if one.split(" ")[2].startswith(wanted))
