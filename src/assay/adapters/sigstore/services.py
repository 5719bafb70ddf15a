"""Fulcio v2, Rekor v1 and v2, and RFC 3161, as a signer speaks to them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import NamedTuple

from assay.adapters.registry.transport import Transport, host_of
from assay.errors import ExternalError, Malformed, Refused
from assay.formats import pem, rekor_entry, sigstore_bundle_writer, strict_json, timestamp_request
from assay.formats.json import Object
from assay.formats.sigstore_bundle import entry_of_v2
from assay.formats.strict_json import Reader
from assay.model.bundle import Envelope, InclusionProof, LogEntry, MessageSignature
from assay.model.signature import Scheme
from assay.trust.signing import LocalKey

MAX_ANSWER = 1 << 20


class Verifier(NamedTuple):
    """What checks a signature: a certificate or a public key (DER), and the scheme."""

    data: bytes
    scheme: Scheme
    certificate: bool

    @property
    def pem(self) -> bytes:
        """The same as PEM."""
        return pem.write("CERTIFICATE" if self.certificate else "PUBLIC KEY", self.data).encode()


class Services:
    """Speaks to services over one transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def certificate(self, url: str, key: LocalKey, token: str) -> tuple[bytes, ...]:
        """The chain for a new key, the leaf first (Fulcio v2, ``signingCert``).

        Raises `Refused` where the authority refuses the token, `ExternalError` where it is away or answers junk.
        """
        body: Object = {"certificateSigningRequest": b64encode(_request(key)).decode()}
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._json("POST", f"{url.rstrip('/')}/api/v2/signingCert", body, headers)
        for name in ("signedCertificateEmbeddedSct", "signedCertificateDetachedSct"):
            if answer.has(name):
                chain = answer.object(name).object("chain").value.get("certificates")
                if isinstance(chain, list) and chain and all(isinstance(item, str) for item in chain):
                    return tuple(found for item in chain for found in pem.certificates(str(item).encode()))
        raise ExternalError(f"{host_of(url)} answered without a certificate", "look at its log")

    def log(self, url: str, version: int, content: MessageSignature | Envelope, by: Verifier) -> LogEntry:
        """The entry about a signature; one that is there already is taken."""
        return self._log_2(url, content, by) if version >= 2 else self._log_1(url, content, by)

    def _log_2(self, url: str, content: MessageSignature | Envelope, by: Verifier) -> LogEntry:
        body = rekor_entry.request_v2(content, by.data, by.scheme.value, certificate=by.certificate)
        return entry_of_v2(self._json("POST", f"{url.rstrip('/')}/api/v2/log/entries", body))

    def _log_1(self, url: str, content: MessageSignature | Envelope, by: Verifier) -> LogEntry:
        written = sigstore_bundle_writer.envelope_bytes(content).decode() if isinstance(content, Envelope) else ""
        body = rekor_entry.request_v1(content, by.pem, written)
        answer = self._json("POST", f"{url.rstrip('/')}/api/v1/log/entries", body)
        if len(answer.value) != 1:
            raise ExternalError(f"{host_of(url)} answered with {len(answer.value)} log entries", "look at its log")
        return entry_of_v1(answer.object(next(iter(answer.value))))

    def timestamp(self, url: str, message: bytes) -> bytes:
        """The answer of a timestamp authority over a message (DER)."""
        headers = {"Content-Type": timestamp_request.MEDIA_TYPE, "Accept": "application/timestamp-reply"}
        return self._ask("POST", url, timestamp_request.write(message), headers)

    def _json(self, method: str, url: str, body: Object, headers: dict[str, str] | None = None) -> Reader:
        wanted = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        data = self._ask(method, url, json.dumps(body).encode(), wanted)
        try:
            return Reader(strict_json.load(data, f"the answer of {host_of(url)}"), f"the answer of {host_of(url)}")
        except Malformed as error:
            raise ExternalError(error.what, "look at the address") from error

    def _ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> bytes:
        self._transport.require(url)
        response = self._transport.request(method, url, headers, body)
        try:
            data = response.read(MAX_ANSWER)
        finally:
            response.close()
        if 200 <= response.status < 300:
            return data
        said = _said(data)
        if response.status in (400, 401, 403):
            raise Refused(f"{host_of(url)} refused: {said}", "check the token and the services of this instance")
        raise ExternalError(f"{host_of(url)} answered {response.status}: {said}", "try again later")


def _said(data: bytes) -> str:
    """What an error says, with the reasons in its details (``google.rpc.ErrorInfo``)."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return " ".join(data[:200].decode("utf-8", "replace").split()) or "nothing"
    found = value if isinstance(value, dict) else {}
    details = found.get("details")
    reasons = [item.get("reason") for item in details if isinstance(item, dict)] if isinstance(details, list) else []
    texts = [text for text in (found.get("message"), *reasons) if isinstance(text, str) and text]
    return " ".join(": ".join(texts).split())[:300] or "nothing"


def _request(key: LocalKey) -> bytes:
    """A certificate request that says nothing but the key (PEM)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return builder.sign(key.private, hashes.SHA256()).public_bytes(Encoding.PEM)


def entry_of_v1(item: Reader) -> LogEntry:
    """An entry as Rekor v1 answers: digests in hexadecimal."""
    body = item.binary("body")
    said = Reader(strict_json.load(body, "the log entry"), "the log entry")
    verification = item.object("verification")
    proof = verification.object("inclusionProof")
    hashes = proof.value.get("hashes")
    return LogEntry(
        log_index=item.integer("logIndex"),
        log_id=strict_json.decode_hex(item.text("logID"), "the log id"),
        kind=said.text("kind"),
        version=said.text("apiVersion"),
        body=body,
        integrated=item.integer("integratedTime"),
        promise=verification.binary("signedEntryTimestamp"),
        proof=InclusionProof(
            proof.integer("logIndex"),
            proof.integer("treeSize"),
            strict_json.decode_hex(proof.text("rootHash"), "the root"),
            tuple(strict_json.decode_hex(str(one), "a hash") for one in (hashes if isinstance(hashes, list) else [])),
            proof.text("checkpoint"),
        ),
    )
