"""Log entries: that the log is trusted, that it holds the entry, and that the entry is about this signature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from assay.errors import Malformed, Refused
from assay.formats import dsse, rekor_entry, tlog_note
from assay.model.bundle import Envelope, LogEntry, MessageSignature
from assay.model.trusted_root import Log, TrustedRoot
from assay.trust import keys, notes

_LAST = 253402300800
"""Seconds from 1970 to the year 10000."""


def _known(entry: LogEntry, root: TrustedRoot) -> list[Log]:
    found = [log for log in root.logs if entry.log_id in (log.log_id, hashlib.sha256(log.key).digest())]
    if not found:
        raise Refused(
            f"the log {entry.log_id.hex()[:16]}… is not in the trusted root",
            "update the trusted root, or name the right one: --trusted-root FILE",
        )
    return found


def arrival(entry: LogEntry) -> datetime:
    """When the log says that it took the entry; worth what its promise is. Raises `Refused` where there is no time."""
    if not 0 < entry.integrated < _LAST:
        raise Refused(f"the log entry says that it arrived at {entry.integrated} s, which is no time")
    return datetime.fromtimestamp(entry.integrated, UTC)


def promised(entry: LogEntry, root: TrustedRoot) -> Log:
    """The log that promised to include the entry (Rekor v1's signed entry timestamp); raises `Refused`."""
    log = _trusted(_known(entry, root), [arrival(entry)])
    payload = {
        "body": _base64(entry.body),
        "integratedTime": entry.integrated,
        "logID": entry.log_id.hex(),
        "logIndex": entry.log_index,
    }
    text = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
    try:
        keys.check(keys.load(log.key), entry.promise, keys.Signed(text))
    except Refused as error:
        raise Refused(f"the log's promise is not one of {log.url} over this entry") from error
    return log


def _trusted(logs: Sequence[Log], times: Sequence[datetime]) -> Log:
    """One whose key counted at all these times."""
    for log in logs:
        if all(log.validity.holds(moment) for moment in times):
            return log
    raise Refused(f"the log {logs[0].url} was not trusted at {times[0]} ({logs[0].validity})")


def included(entry: LogEntry, root: TrustedRoot, times: Sequence[datetime]) -> Log:
    """The log that holds the entry, by its checkpoint or at least by its promise; raises `Refused`.

    Its key must have counted when the entry arrived: as the promise says, else at the verified `times`; a time that
    nobody signed is asked only where there is no other.
    """
    if entry.proof is None or not entry.proof.checkpoint:
        if not entry.promise:
            raise Refused("the log entry has neither a proof nor a promise of inclusion")
        return promised(entry, root)
    signed = [arrival(entry)] if entry.promise else list(times)
    log = _trusted(_known(entry, root), signed or ([arrival(entry)] if entry.integrated else []))
    checkpoint = tlog_note.checkpoint(entry.proof.checkpoint)
    notes.signed_by(checkpoint, log)
    place = urlsplit(log.url)
    if _is_v2(entry) and checkpoint.origin.partition("/")[0] not in (place.netloc, place.hostname) and place.netloc:
        raise Refused(f"the checkpoint is of {checkpoint.origin}, the log of the trusted root is {log.url}")
    notes.includes(checkpoint, entry)
    if _is_v2(entry) and entry.log_index != entry.proof.log_index:
        raise Refused(f"the entry is number {entry.log_index}, its proof is about number {entry.proof.log_index}")
    return log


def _is_v2(entry: LogEntry) -> bool:
    return entry.kind in ("hashedrekord", "dsse") and entry.version == "0.0.2"


def agrees(entry: LogEntry, content: MessageSignature | Envelope, verifier: bytes, digests: Mapping[str, str]) -> None:
    """Raise `Refused` unless the entry is about this very signature, by this very certificate or key.

    `digests` are those of the artifact, by algorithm (hexadecimal).
    """
    said = rekor_entry.read(entry)
    if not said.verifiers or not any(keys.same(item, verifier) and _whole(item, verifier) for item in said.verifiers):
        raise Refused("the log entry is about another certificate or key")
    if isinstance(content, MessageSignature):
        if said.kind != "hashedrekord":
            raise Refused(f"the log entry is a {said.kind}, the signature one over a file")
        if content.signature not in said.signatures:
            raise Refused("the log entry is about another signature")
        told = (said.algorithm, said.digest.hex())
        if content.digest:  # which is held against the artifact in the step of the signature
            same = told == (content.algorithm, content.digest.hex())
        else:
            same = digests.get(said.algorithm, told[1]) == told[1]
        if not same:
            raise Refused(f"the log entry is about {said.algorithm}:{said.digest.hex()}")
        return
    if said.kind == "hashedrekord" and not said.of_pae:
        raise Refused("the log entry is one of a signature over a file, the signature one of an envelope")
    signatures = {item.signature for item in content.signatures}
    if said.signatures and set(said.signatures) != signatures:
        raise Refused("the log entry is about another signature")
    if said.kind == "intoto-envelope":
        raise Refused("the log entry does not say what was signed")
    over = dsse.encoded(content.payload_type, content.payload) if said.of_pae else content.payload
    if hashlib.new(_hash(said.algorithm), over).digest() != said.digest:
        raise Refused("the log entry is about another envelope")


def _hash(name: str) -> str:
    if name not in ("sha256", "sha384", "sha512"):
        raise Malformed(f"the log entry uses the digest {name[:20]!r}")
    return name


def _whole(item: bytes, verifier: bytes) -> bool:
    """Of two certificates with one key only the same one counts."""
    return item == verifier or not (_is_certificate(item) and _is_certificate(verifier))


def _is_certificate(data: bytes) -> bool:
    from assay.trust import certificates

    try:
        certificates.load(data)
    except Malformed:
        return False
    return True


def _base64(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode()
