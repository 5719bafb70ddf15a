"""Signatures: whoever signs, the services that vouch for it, and where the bundle goes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay.engines.verify import Artifact, Options, verify
from assay.engines.verify.identities import Policy
from assay.errors import AssayError, InputError, InternalError, UsageError
from assay.formats import dsse, intoto_writer, sigstore_bundle, sigstore_bundle_writer
from assay.formats.intoto import SIGNED_IMAGE
from assay.formats.signing_config import Service, SigningConfig, select
from assay.model.bundle import Bundle, Envelope, EnvelopeSignature, MessageSignature
from assay.trust import signing

if TYPE_CHECKING:
    from assay.adapters.oidc import Token
    from assay.adapters.sigstore.services import Services, Verifier
    from assay.model.trusted_root import TrustedRoot
    from assay.ports import Signer


class Instance(NamedTuple):
    """The services to sign with, whose trusted root is known or not; `public` says that all the world can read them."""

    config: SigningConfig
    root: TrustedRoot | None
    public: bool = False


@dataclass(frozen=True, slots=True)
class SignRequest:
    """How to sign: with a `signer`, or keyless with what `token` gives; `instance` None: no services at all."""

    instance: Instance | None
    signer: Signer | None = None
    token: Callable[[], Token] | None = None
    services: Services | None = None
    log_version: int = 0
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Signed(NamedTuple):
    """A bundle as bytes, and as it is after it was verified."""

    bundle: Bundle
    data: bytes


class Session:
    """Signs one or many things with one key: a certificate is asked for once."""

    def __init__(self, request: SignRequest) -> None:
        self._request = request
        self._chain: tuple[bytes, ...] = ()
        if request.signer is not None:
            self._signer: Signer = request.signer
        else:
            self._signer = self._keyless()

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificate and those above it; empty with a key."""
        return self._chain

    def _keyless(self) -> Signer:
        request = self._request
        if request.instance is None or request.services is None or request.token is None:
            raise UsageError("without a key there is nobody to vouch for who signs", "name a key: --key FILE")
        key = signing.generate()
        authority = self._one(request.instance.config.authorities, (1, 2), "certificate authority")
        self._chain = request.services.certificate(authority.url, key, request.token().text)
        return key

    def _one(self, services: Sequence[Service], versions: Sequence[int], what: str) -> Service:
        found = select(services, versions, self._request.now())
        if not found:
            raise UsageError(f"the signing configuration names no {what}", "give one that does: --signing-config FILE")
        return found[0]

    def file(self, data: bytes) -> Signed:
        """A signature over bytes."""
        signature, name = self._signer.sign(data), self._signer.scheme.hash
        digest = hashlib.new(name, data).digest() if name else b""
        return self._finish(MessageSignature(signature, name, digest), Artifact(data))

    def statement(self, payload: bytes, artifact: Artifact) -> Signed:
        """An attestation: an in-toto statement in an envelope."""
        encoded = dsse.encoded(dsse.IN_TOTO, payload)
        content = Envelope(dsse.IN_TOTO, payload, (EnvelopeSignature(self._signer.sign(encoded)),))
        return self._finish(content, artifact)

    def image(self, name: str, digest: str, annotations: dict[str, str] | None = None) -> Signed:
        """The signature of an image: a statement about its digest (cosign's predicate type)."""
        algorithm, _, value = digest.partition(":")
        payload = intoto_writer.write([(name, algorithm, value)], SIGNED_IMAGE, {}, notes=annotations)
        return self.statement(payload, Artifact(digests=[(algorithm, value)]))

    def _finish(self, content: MessageSignature | Envelope, artifact: Artifact) -> Signed:
        certificates = self._chain[:1]
        hint = "" if certificates else signing.hint(self._signer.public_key)
        bundle = Bundle("0.3", content, certificates, hint)
        if self._request.instance is not None and self._request.services is not None:
            bundle = self._witnessed(bundle, self._request.instance, self._request.services)
        data = sigstore_bundle_writer.write(bundle)
        self._check(data, artifact)
        return Signed(bundle, data)

    def _witnessed(self, bundle: Bundle, instance: Instance, services: Services) -> Bundle:
        """The log entry and the timestamp, asked for at the same time."""
        config, now = instance.config, self._request.now()
        versions = (self._request.log_version,) if self._request.log_version else (1, 2)
        logs = select(config.logs, versions, now, config.log_selector)
        stamps = select(config.timestamps, (1,), now, config.timestamp_selector)
        if not logs:
            raise UsageError("the signing configuration names no log of that version", "leave --rekor-version away")
        content, by = bundle.content, self._verifier()
        signature = content.signature if isinstance(content, MessageSignature) else content.signatures[0].signature
        with ThreadPoolExecutor(8) as pool:
            entries = [pool.submit(services.log, item.url, item.version, content, by) for item in logs]
            times = [pool.submit(services.timestamp, item.url, signature) for item in stamps]
            return bundle._replace(
                entries=tuple(item.result() for item in entries), timestamps=tuple(item.result() for item in times)
            )

    def _verifier(self) -> Verifier:
        from assay.adapters.sigstore.services import Verifier

        if self._chain:
            return Verifier(self._chain[0], self._signer.scheme, certificate=True)
        return Verifier(self._signer.public_key, self._signer.scheme, certificate=False)

    def _check(self, data: bytes, artifact: Artifact) -> None:
        """What is written verifies: a service that lied is found out here, not by the first user."""
        root = self._request.instance.root if self._request.instance is not None else None
        if self._chain and root is None:
            return
        key = None if self._chain else self._signer.public_key
        options = Options(
            root=root,
            policy=Policy((), "our own check") if self._chain else None,
            key=key,
            ignore_sct=root is not None and not root.ct_logs,
        )
        try:
            verify(sigstore_bundle.read(data), artifact, options)
        except AssayError as error:
            if root is None:
                raise InternalError(f"the new signature does not verify: {error.what}", "please report this") from error
            what = f"the services gave what their trusted root does not bear out: {error.what}"
            raise InputError(what, "check that trusted root and services belong together") from error


def write(path: Path, data: bytes) -> None:
    """A bundle to a file, whole or not at all."""
    from assay.adapters.output import writing

    with writing(path) as file:
        file.write(data)
