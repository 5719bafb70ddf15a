"""Whether a log signed a checkpoint (C2SP signed-note), and whether the tree in it holds an entry."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from assay.errors import Malformed, Refused
from assay.formats import note_key
from assay.formats.note_key import NoteKey
from assay.model.bundle import Checkpoint, LogEntry
from assay.model.trusted_root import Log
from assay.trust import keys, merkle


def key_ids(log: Log) -> tuple[bytes, ...]:
    """The first four bytes by which notes may name the key of a log."""
    ids = [log.checkpoint_id, log.log_id, hashlib.sha256(log.key).digest()]
    return tuple(dict.fromkeys(item[:4] for item in ids if item))


def signed_by(checkpoint: Checkpoint, log: Log) -> str:
    """How the log signed the checkpoint; raises `Refused` where it did not.

    The name on the signature line is the origin; Rekor v1 writes its tree's number behind it (``HOST - 1193…``).
    """
    ids = key_ids(log)
    lines = [
        signature
        for name, key_id, signature in checkpoint.note.signatures
        if key_id in ids and (name == checkpoint.origin or checkpoint.origin.startswith(f"{name} - "))
    ]
    if not lines:
        raise Refused(f"the checkpoint bears no signature of the log {log.url} under its origin {checkpoint.origin!r}")
    reason = Refused("")
    for signature in lines:
        try:
            return keys.check(keys.load(log.key), signature, keys.Signed(checkpoint.note.text))
        except (Refused, Malformed) as error:
            reason = Refused(f"the checkpoint is not what the log {log.url} signed: {error.what}")
    raise reason


def cosigned_by(checkpoint: Checkpoint, witness: NoteKey) -> int:
    """The second (Unix) at which a witness saw the checkpoint (C2SP tlog-cosignature); raises `Refused` if it did not.

    An Ed25519 key of type 4 signs the time with the note; keys of other types sign the note itself, without a time (0).
    """
    reason = Refused(f"the checkpoint bears no signature of {witness.name}")
    for name, key_id, signature in checkpoint.note.signatures:
        if (name, key_id) != (witness.name, witness.key_id):
            continue
        moment, signed = 0, checkpoint.note.text
        if witness.kind == note_key.COSIGNATURE:
            moment, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            signed = b"cosignature/v1\ntime %d\n%s" % (moment, checkpoint.note.text)
        try:
            keys.check(keys.load(witness.key), signature, keys.Signed(signed))
        except (Refused, Malformed) as error:
            reason = Refused(f"the signature of {witness.name} is not one over this checkpoint: {error.what}")
            continue
        return moment
    raise reason


def witnessed(checkpoint: Checkpoint, witnesses: Sequence[NoteKey], quorum: int) -> list[str]:
    """Which witnesses signed the checkpoint; raises `Refused` for fewer than the quorum."""
    found, missing = [], []
    for one in witnesses:
        try:
            cosigned_by(checkpoint, one)
        except Refused as error:
            missing.append(error.what)
        else:
            found.append(one.name)
    if len(found) < quorum:
        raise Refused(
            f"{len(found)} witnesses signed the checkpoint of {checkpoint.size} entries, {quorum} are wanted"
            + (f" ({missing[0]})" if missing else ""),
            "ask again later, or ask other witnesses",
        )
    return found


def includes(checkpoint: Checkpoint, entry: LogEntry) -> None:
    """Raise `Refused` unless the proof of the entry leads to the root in the checkpoint."""
    proof = entry.proof
    if proof is None:
        raise Refused("the log entry has no inclusion proof")
    if proof.tree_size != checkpoint.size:
        raise Refused(f"the inclusion proof is for a tree of {proof.tree_size}, the checkpoint for {checkpoint.size}")
    if proof.root and proof.root != checkpoint.root:
        raise Refused("the inclusion proof names another root than the checkpoint")
    found = merkle.root_of(proof.log_index, proof.tree_size, merkle.leaf(entry.body), proof.hashes)
    if found != checkpoint.root:
        wanted = checkpoint.root.hex()
        raise Refused(f"the inclusion proof leads to the root {found.hex()[:16]}…, the checkpoint has {wanted[:16]}…")
