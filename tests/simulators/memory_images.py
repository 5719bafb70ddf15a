"""Images in memory: what each has signed and attested, as the port `Images` tells it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from assay.errors import ExternalError, InputError, Refused
from assay.formats import digest as digests
from assay.formats.image_reference import parse
from assay.model.digest import Algorithm, Digest
from assay.model.image_policy import Authority, ImageAttestation, ImageData, ImageSignature


def digest_of(text: str) -> Digest:
    """A digest that belongs to a text."""
    return Digest(Algorithm.SHA256, hashlib.sha256(text.encode()).hexdigest())


@dataclass
class MemoryImages:
    """`tags` by reference; `signed` and `attested` by digest; an authority accepts what bears its name.

    `away` makes every question fail, as a registry that is down.
    """

    tags: dict[str, Digest] = field(default_factory=dict)
    signed: dict[Digest, list[str]] = field(default_factory=dict)
    attested: dict[Digest, list[tuple[str, ImageAttestation]]] = field(default_factory=dict)
    away: bool = False
    asked: list[str] = field(default_factory=list)

    def add(self, reference: str, *signers: str) -> Digest:
        """An image under a tag, signed by these."""
        found = self.tags[reference] = digest_of(reference)
        self.signed.setdefault(found, []).extend(signers)
        return found

    def attest(
        self, reference: str, signer: str, kind: str, predicate: Any, signed: datetime | None = None, **identity: Any
    ) -> None:
        """Attest something to an image."""
        image = self.tags[reference]
        who = ImageSignature(image, identity.get("name", signer), identity.get("issuer", ""), signed)
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": parse(reference).name, "digest": {"sha256": image.value}}],
            "predicateType": kind,
            "predicate": predicate,
        }
        self.attested.setdefault(image, []).append((signer, ImageAttestation(who, statement)))

    def _known(self, reference: str) -> Digest:
        self.asked.append(reference)
        if self.away:
            raise ExternalError("the registry is away")
        named = parse(reference)
        if named.digest:
            return digests.parse(named.digest)
        if reference not in self.tags:
            raise InputError(f"there is no {reference}")
        return self.tags[reference]

    def digest(self, reference: str) -> Digest:
        return self._known(reference)

    def data(self, reference: str) -> ImageData:
        return ImageData(reference, self._known(reference), {}, {})

    def signatures(self, reference: str, authority: Authority) -> Sequence[ImageSignature]:
        image = self._known(reference)
        if authority.name not in self.signed.get(image, []):
            raise Refused(f"{image}: it is not signed", "assay sign IMAGE")
        return (ImageSignature(image, authority.name),)

    def attestations(self, reference: str, predicate_type: str, authority: Authority) -> Sequence[ImageAttestation]:
        image = self._known(reference)
        found = [
            item
            for name, item in self.attested.get(image, [])
            if name == authority.name and predicate_type in ("", item.statement["predicateType"])
        ]
        if not found:
            raise Refused(f"{image}: no attestation of {predicate_type} hangs on it", "assay attest IMAGE")
        return tuple(found)
