"""A Sigstore in memory: an authority with an intermediate, a timestamp authority and a log that promises (Rekor v1).

Everything can be bent: what it signs is put together from nouns, so that a test changes one thing and signs the rest.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from assay.engines.authority import timestamping, x509
from assay.formats import certificate, der, dsse, pem
from assay.model.bundle import Bundle, Envelope, EnvelopeSignature, LogEntry, MessageSignature
from assay.model.trusted_root import Authority, Log, TrustedRoot, Validity
from simulators.log_keys import MemorySigner, p256

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NAME = "ci@example.com"
CA = (x509.basic_constraints(None), x509.key_usage(5, 6))
LEAF = (x509.key_usage(0), x509.extended_usage(x509.CODE_SIGNING))
STAMPER = (x509.key_usage(0), x509.extended_usage(x509.TIME_STAMPING, critical=True))
SAN = x509.extension("2.5.29.17", der.sequence(b"\x81" + bytes((len(NAME),)) + NAME.encode()), critical=True)


class Held:
    """A certificate (DER) with its key."""

    def __init__(self, key: MemorySigner, data: bytes) -> None:
        self.key, self.data = key, data

    def issue(self, common: str, extensions: Sequence[bytes], start: datetime = NOW, minutes: int = 10) -> Held:
        """A certificate for a new key, below this one."""
        key, above = p256(), certificate.read(self.data)
        until = start + timedelta(minutes=minutes)
        subject = x509.name("", common)
        draft = x509.Draft(above.subject, subject, key.public_key, start, until, extensions, x509.serial())
        return Held(key, x509.sign(draft.signed_part(self.key.scheme), self.key))


def root(common: str, extensions: Sequence[bytes] = CA) -> Held:
    """A root of ten years."""
    key, subject = p256(), x509.name("", common)
    data = x509.authority(key, key.public_key, (subject, subject), NOW - timedelta(days=365), 10, extensions)
    return Held(key, data)


YEARS = 5 * 365 * 24 * 60


class Instance:
    """`ca` issues, `stamper` stamps, `log` promises; `trusted` is the trusted root."""

    def __init__(self) -> None:
        self.top = root("root")
        self.ca = self.top.issue("authority", CA, NOW - timedelta(days=30), YEARS)
        self.stamper_ca = root("stamper root")
        self.stamper = self.stamper_ca.issue("stamper", STAMPER, NOW - timedelta(days=30), YEARS)
        self.log = p256()
        self.trusted = TrustedRoot(
            logs=(self.log_noun(),),
            authorities=(Authority("ca.example", (self.ca.data, self.top.data)),),
            timestamp_authorities=(Authority("tsa.example", (self.stamper.data, self.stamper_ca.data)),),
        )

    def log_noun(self, until: datetime | None = None) -> Log:
        """The log in the trusted root."""
        key_id = hashlib.sha256(self.log.public_key).digest()
        return Log("https://log.example", self.log.public_key, "PKIX_ECDSA_P256_SHA_256", key_id, Validity(None, until))

    def leaf(self, extensions: Sequence[bytes] = (*LEAF, SAN), start: datetime = NOW) -> Held:
        """A signer's certificate."""
        return self.ca.issue("", extensions, start)

    def stamp(self, signature: bytes, moment: datetime = NOW, by: Held | None = None) -> bytes:
        """A timestamp response with its certificate in it."""
        signer = by or self.stamper
        authority = timestamping.TimestampAuthority(signer.key, (signer.data, self.stamper_ca.data))
        digest = hashlib.sha256(signature).digest()
        return authority.answer(timestamping.TimestampRequest("sha256", digest, certificates=True), moment)

    def entry(self, signer: Held, signature: bytes, digest: bytes, moment: datetime = NOW) -> LogEntry:
        """A hashedrekord of Rekor v1 with the log's promise."""
        verifier = base64.b64encode(pem.write("CERTIFICATE", signer.data).encode()).decode()
        text = base64.b64encode(signature).decode()
        body = {
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
                "signature": {"content": text, "publicKey": {"content": verifier}},
            },
        }
        return self.promised(json.dumps(body).encode(), "hashedrekord", moment)

    def promised(self, body: bytes, kind: str, moment: datetime = NOW) -> LogEntry:
        """An entry with this body."""
        key_id, seconds = hashlib.sha256(self.log.public_key).digest(), int(moment.timestamp())
        said = {
            "body": base64.b64encode(body).decode(),
            "integratedTime": seconds,
            "logID": key_id.hex(),
            "logIndex": 7,
        }
        promise = self.log.sign(json.dumps(said, sort_keys=True, separators=(",", ":")).encode())
        return LogEntry(7, key_id, kind, "0.0.1", body, seconds, promise)


def over_file(signer: Held, data: bytes) -> MessageSignature:
    """A signature over a file."""
    return MessageSignature(signer.key.sign(data), "sha256", hashlib.sha256(data).digest())


def over_statement(signers: Sequence[Held], data: bytes) -> Envelope:
    """An envelope with a statement about a file, signed by each of these."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "file", "digest": {"sha256": hashlib.sha256(data).hexdigest()}}],
        "predicateType": "https://example.com/predicate",
        "predicate": {},
    }
    payload = json.dumps(statement).encode()
    signed = dsse.encoded(dsse.IN_TOTO, payload)
    return Envelope(dsse.IN_TOTO, payload, tuple(EnvelopeSignature(one.key.sign(signed)) for one in signers))


def bundle(
    content: MessageSignature | Envelope,
    signer: Held,
    entries: Sequence[LogEntry] = (),
    timestamps: Sequence[bytes] = (),
    above: Sequence[Held] = (),
) -> Bundle:
    """A bundle of version 0.1, whatever is in it."""
    certificates = (signer.data, *(item.data for item in above))
    return Bundle("0.1", content, certificates, "", tuple(entries), tuple(timestamps))
