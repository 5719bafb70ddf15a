"""What an entry of a log is about: the digests, who signed, and with which key. Rekor's kinds are understood."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from assay.errors import Malformed
from assay.formats import rekor_entry, strict_json
from assay.formats.strict_json import Reader
from assay.model.bundle import LogEntry
from assay.trust import certificates, keys


@dataclass(frozen=True, slots=True)
class Described:
    """An entry; `kind` is empty for bodies that are none of Rekor's.

    `digests` are ``sha256:HEX``, `subjects` names in certificates, `keys` SHA-256 digests (hexadecimal) of public keys,
    `certificates` those of certificates.
    """

    kind: str = ""
    version: str = ""
    digests: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()


def described(body: bytes) -> Described:
    """What a body says; what is not understood is left out."""
    try:
        read = Reader(strict_json.load(body, "the log entry"), "the log entry")
        kind, version = read.text("kind"), read.text("apiVersion")
    except Malformed:
        return Described()
    try:
        said = rekor_entry.read(LogEntry(0, b"", kind, version, body))
    except Malformed:
        return Described(kind, version)
    digests = {f"{said.algorithm}:{said.digest.hex()}"} | _envelope(read)
    return _signed(Described(kind, version, tuple(sorted(digests))), said.verifiers)


def _envelope(read: Reader) -> set[str]:
    """The digest of the whole envelope, by which Rekor v1 finds it, too."""
    spec = read.object("spec")
    if not spec.has("envelopeHash"):
        return set()
    hashed = spec.object("envelopeHash")
    return {f"{hashed.text('algorithm')}:{hashed.text('value')}"}


def _signed(found: Described, verifiers: Sequence[bytes]) -> Described:
    subjects: dict[str, None] = {}
    issuers: dict[str, None] = {}
    by_key: dict[str, None] = {}
    by_certificate: dict[str, None] = {}
    for data in verifiers:
        try:
            by_key[hashlib.sha256(keys.spki(keys.load(data))).hexdigest()] = None
            who = certificates.identity(certificates.load(data))
        except Malformed:
            continue
        by_certificate[hashlib.sha256(data).hexdigest()] = None
        subjects |= dict.fromkeys(who.names)
        issuers |= dict.fromkeys([who.issuer] if who.issuer else [])
    signed = (tuple(subjects), tuple(issuers), tuple(by_key), tuple(by_certificate))
    return Described(found.kind, found.version, found.digests, *signed)
