"""What was signed, by whom it says it was, and the proofs that came with it (Sigstore's bundle, whatever form it had).

All signatures, digests, keys and certificates are bytes; certificates and keys are DER. Nothing here was verified.
"""

from __future__ import annotations

from typing import NamedTuple


class MessageSignature(NamedTuple):
    """A signature over a file; `algorithm` (``sha256`` …) and `digest` are what the bundle says of the file."""

    signature: bytes
    algorithm: str = ""
    digest: bytes = b""


class EnvelopeSignature(NamedTuple):
    """One signature of an envelope."""

    signature: bytes
    key_id: str = ""


class Envelope(NamedTuple):
    """A DSSE envelope."""

    payload_type: str
    payload: bytes
    signatures: tuple[EnvelopeSignature, ...]


class InclusionProof(NamedTuple):
    """That a leaf is in a tree, and the signed note about the tree (`checkpoint`)."""

    log_index: int
    tree_size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str


class LogEntry(NamedTuple):
    """An entry of a transparency log: `body` are the bytes of its leaf; `promise` is the log's signature on arrival.

    `integrated` is in seconds since 1970, 0 where the log gives no time of its own (Rekor v2).
    """

    log_index: int
    log_id: bytes
    kind: str
    version: str
    body: bytes
    integrated: int = 0
    promise: bytes = b""
    proof: InclusionProof | None = None


class Bundle(NamedTuple):
    """A signature with its material: a certificate (with what chain came along), or the hint of a key, or neither."""

    form: str
    content: MessageSignature | Envelope
    certificates: tuple[bytes, ...] = ()
    key_hint: str = ""
    entries: tuple[LogEntry, ...] = ()
    timestamps: tuple[bytes, ...] = ()


class Logged(NamedTuple):
    """What the body of a log entry says: the digest signed over (`algorithm`, `digest`), the signatures, and with whose
    keys or certificates they were checked (DER). For envelopes `digest` is that of the payload, or of the PAE where
    `of_pae`."""

    kind: str
    algorithm: str
    digest: bytes
    signatures: tuple[bytes, ...]
    verifiers: tuple[bytes, ...]
    of_pae: bool = False


class Note(NamedTuple):
    """A signed note (C2SP signed-note): the text that is signed, and lines of name, key id (4 bytes) and signature."""

    text: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]


class Checkpoint(NamedTuple):
    """The state of a tree as its log signed it (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes
    note: Note


class TimestampToken(NamedTuple):
    """An RFC 3161 response, taken apart: what is said (`info`, hashed and signed) and how it is signed.

    `imprint` is the digest that was stamped; `time` is RFC 3339; `signed` are the signed attributes as they are hashed;
    `message_digest` and `certificate_digest` come from these (the latter with its algorithm).
    """

    imprint_algorithm: str
    imprint: bytes
    time: str
    info: bytes
    digest_algorithm: str
    signature_algorithm: str
    signature: bytes
    signed: bytes
    message_digest: bytes
    certificate_algorithm: str
    certificate_digest: bytes
    issuer: bytes
    serial: int
    certificates: tuple[bytes, ...] = ()
