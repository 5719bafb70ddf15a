"""What a decision rests on: every verified statement that policies of any language were told, by its evidence id."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from assay.app.companions import Proof
from assay.app.image_evidence import RegistryImages
from assay.formats import image_verification, json_bytes
from assay.model.image_policy import ImageAttestation, ImageSignature

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.adapters.telemetry import Span
    from assay.app.image_evidence import Answer, Registries
    from assay.app.pull_secrets import PullSecrets
    from assay.model.digest import Digest
    from assay.model.image_policy import Authority

Found = ImageSignature | ImageAttestation
MAX_KEPT = 2048
MAX_KEPT_BYTES = 16 << 20
MAX_PROOFS = 200
_SMALL, _IN_MEMORY = 1024, 4
_MAX_QUESTION = 512


class Proofs:
    """The evidence ids of what was found, computed once while it is used; `keep` is given each document once."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, tuple[Found, Proof, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self.keep: Callable[[Proof, bytes], object] | None = None

    def of(self, found: Found) -> Proof:
        """The proof that something found is."""
        with self._lock:
            known = self._known.get(id(found))
            if known is not None and known[0] is found:
                self._known.move_to_end(id(found))
                return known[1]
        document = image_verification.write(found)
        image = found.signature.image if isinstance(found, ImageAttestation) else found.image
        proof = Proof(str(image), f"sha256:{hashlib.sha256(document).hexdigest()}")
        self._hold(found, proof, _size(found))
        if self.keep is not None:
            self.keep(proof, document)
        return proof

    def _hold(self, found: Found, proof: Proof, size: int) -> None:
        with self._lock:
            old = self._known.pop(id(found), None)
            self._bytes += size - (old[2] if old is not None else 0)
            self._known[id(found)] = (found, proof, size)
            while len(self._known) > MAX_KEPT or (self._bytes > MAX_KEPT_BYTES and len(self._known) > 1):
                _, (_, _, freed) = self._known.popitem(last=False)
                self._bytes -= freed


class NotingImages(RegistryImages):
    """Images of one request that note what was told of them."""

    def __init__(
        self,
        registries: Registries,
        until: float | None,
        secrets: PullSecrets | None,
        proofs: Proofs,
        digests: dict[str, Digest] | None = None,
        span: Span | None = None,
    ) -> None:
        """`digests` are shared by several requests for which a tag is to be resolved once."""
        super().__init__(registries, until, secrets=secrets)
        if digests is not None:
            self._digests = digests
        self._proofs, self._span = proofs, span
        self._noted: dict[Proof, None] = {}

    @property
    def noted(self) -> tuple[Proof, ...]:
        """The proofs, in the order in which they were told."""
        return tuple(self._noted)

    @property
    def known(self) -> dict[str, str]:
        """Digests by image as it was asked for."""
        return {reference: str(digest) for reference, digest in list(self._digests.items())}

    def ask(self, key: Hashable, ask: Callable[[], Answer], host: str) -> Answer:
        """The answer to a question to a host, which is a span of the review that asked it."""
        if (span := self._span) is None:
            return super().ask(key, ask, host)
        name = f"registry {_name(key)}"
        attributes = {"server.address": host, "assay.question": repr(key)[:_MAX_QUESTION]}
        return super().ask(key, lambda: span.within(name, attributes, ask), host)

    def signatures(self, reference: str, authority: Authority) -> Sequence[ImageSignature]:
        """The signatures that `authority` accepts."""
        found = super().signatures(reference, authority)
        self._note(found)
        return found

    def attestations(self, reference: str, predicate_type: str, authority: Authority) -> Sequence[ImageAttestation]:
        """The attestations of that type that `authority` accepts."""
        found = super().attestations(reference, predicate_type, authority)
        self._note(found)
        return found

    def _note(self, found: Sequence[Found]) -> None:
        for item in found[: MAX_PROOFS - len(self._noted)]:
            self._noted[self._proofs.of(item)] = None


def _size(found: Found) -> int:
    """About how many bytes it takes in memory."""
    statement = len(json_bytes.encode(found.statement)) if isinstance(found, ImageAttestation) else 0
    return statement * _IN_MEMORY + _SMALL


def _name(key: Hashable) -> str:
    """What a question is about: ``digest``, ``data``, ``signature``, ``attestation``, ``sbom``."""
    while isinstance(key, tuple) and key:
        key = key[0]
    return key if isinstance(key, str) else "question"
