"""Asking for what signers signed: the signatures and attestations of an image that their authorities accept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from assay.engines.policy.native.faults import Fault
from assay.errors import ExternalError, InputError, Refused
from assay.model.assay_policy import AssayPolicy, Signer
from assay.model.image_policy import Authority, ImageAttestation, ImageSignature
from assay.ports import Images

Asked = Callable[[Authority], Sequence[ImageSignature] | Sequence[ImageAttestation]]
SBOM_TYPES = ("https://cyclonedx.org/bom", "https://spdx.dev/Document")
SCAN_TYPES = (
    "https://cosign.sigstore.dev/attestation/vuln/v1",
    "https://in-toto.io/attestation/vulns/v0.2",
    "https://in-toto.io/attestation/vulns/v0.1",
    "https://in-toto.io/attestation/vulns",
)
PROVENANCE_TYPES = ("https://slsa.dev/provenance/v1", "https://slsa.dev/provenance/v0.2")
SUMMARY_TYPES = ("https://slsa.dev/verification_summary/v1",)
VEX_TYPES = ("https://openvex.dev/ns", "https://openvex.dev/ns/v0.2.0")


@dataclass(slots=True)
class Asking:
    """One image (`reference` with its digest) in one evaluation, and what was found of it so far."""

    policy: AssayPolicy
    images: Images
    reference: str
    text: str
    now: datetime
    stale: Callable[[timedelta], Images] | None = None
    evidence: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """The image's digest."""
        return self.reference.rpartition("@")[2]

    def signatures(self, name: str) -> str:
        """Who signed the image, of one of the policy's signers; raises `Refused`."""
        signer = self.policy.signers[name]
        found = self._enough(signer, lambda images, authority: images.signatures(self.reference, authority))
        who = ", ".join(sorted({item.identity for item in found if isinstance(item, ImageSignature)}))
        self.evidence.append(f"signed by {who}")
        return who

    def attestations(self, names: Sequence[str], types: Sequence[str]) -> list[ImageAttestation]:
        """The attestations of one of these types that the last of the signers made, all of whom must have made one."""
        found: list[ImageAttestation] = []
        for name in names:
            found = self._of_types(self.policy.signers[name], types)
        return sorted(found, key=_age, reverse=True)

    def _of_types(self, signer: Signer, types: Sequence[str]) -> list[ImageAttestation]:
        """Of whichever types there are; raises as the last refusal where there is none."""
        found, reasons = list[ImageAttestation](), list[Refused]()
        for kind in types:
            try:
                made = self._of_type(signer, kind)
            except Refused as error:
                reasons.append(error)
                continue
            found += [item for item in made if isinstance(item, ImageAttestation)]
        if not found:
            raise max(reasons, key=lambda error: "step " in error.what)
        return found

    def _of_type(self, signer: Signer, kind: str) -> list[ImageSignature | ImageAttestation]:
        return self._enough(signer, lambda images, one: images.attestations(self.reference, kind, one))

    def _enough(
        self, signer: Signer, ask: Callable[[Images, Authority], Sequence[ImageSignature] | Sequence[ImageAttestation]]
    ) -> list[ImageSignature | ImageAttestation]:
        """What as many of the signer's authorities accept as must; raises `Refused`, `ExternalError`."""
        found, accepted = list[ImageSignature | ImageAttestation](), 0
        reasons, away = list[Refused | InputError](), list[ExternalError]()
        for authority in signer.authorities:
            try:
                found += self._patiently(ask, authority)
                accepted += 1
            except (Refused, InputError) as error:
                reasons.append(error)
            except ExternalError as error:
                away.append(error)
            if accepted >= signer.need:
                return found
        if away:
            raise away[0]
        raise _refusal(signer, accepted, reasons, self.text)

    def _patiently(
        self,
        ask: Callable[[Images, Authority], Sequence[ImageSignature] | Sequence[ImageAttestation]],
        authority: Authority,
    ) -> Sequence[ImageSignature] | Sequence[ImageAttestation]:
        """The answer, or an elder one where the policy takes that and nobody can be asked."""
        try:
            return ask(self.images, authority)
        except ExternalError:
            if self.stale is None or not self.policy.stale_if_error:
                raise
            found = ask(self.stale(self.policy.stale_if_error), authority)
            self.evidence.append("by an elder verdict: the registry cannot be asked")
            return found


def _age(item: ImageAttestation) -> float:
    return item.signature.signed.timestamp() if item.signature.signed is not None else 0.0


def _refusal(signer: Signer, accepted: int, reasons: Sequence[Refused | InputError], image: str) -> Fault:
    """The reason that came furthest, with what would mend it."""
    best = max(reasons, key=lambda error: error.what.partition("step ")[2])
    wanted = f"{signer.need} of the {len(signer.authorities)} of {signer.name}" if signer.need > 1 else signer.name
    found = best.what if not accepted else f"only {accepted} of them did; {best.what}"
    mend = best.remedy or "assay sign IMAGE"
    return Fault(found, f"signed by {wanted}{_whom(signer)}", mend.replace("IMAGE", image))


def _whom(signer: Signer) -> str:
    """Who that is, as far as it fits into a line."""
    named = []
    for authority in signer.authorities[:3]:
        for item in authority.identities[:1]:
            named.append(f"{item.subject or item.subject_regexp} of {item.issuer or item.issuer_regexp}")
        if authority.key or authority.certificate:
            named.append("a key" if authority.key else "a certificate")
    return f" ({' or '.join(named)})" if named else ""
