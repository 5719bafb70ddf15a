"""``verifyImageSignatures``, ``verifyAttestationSignatures``, ``extractPayload`` and ``getImageData``."""

from __future__ import annotations

from collections.abc import Callable

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import InContext, Library
from assay.engines.policy.cel.values import Value
from assay.engines.policy.kyverno_cel.attestors import AttestorValue
from assay.engines.policy.kyverno_cel.context import Context
from assay.engines.policy.kyverno_cel.libraries.images import metadata
from assay.errors import InputError, Refused
from assay.model.policy import Object
from assay.ports import Images


def _images(context: Context) -> Images:
    if context.world.images is None:
        raise Untold("images cannot be verified: no registry is there to ask")
    return context.world.images


def _attestors(given: list[Value]) -> list[AttestorValue]:
    if not all(isinstance(item, AttestorValue) for item in given):
        raise Untold("the attestors are a list of attestors.NAME")
    return given


def _count(context: Context, image: str, attestors: list[AttestorValue], ask: Callable[[AttestorValue], None]) -> int:
    """How many attestors vouch for the image; a registry that cannot tell is a fault (`ExternalError`)."""
    found = 0
    for attestor in attestors:
        try:
            ask(attestor)
            found += 1
        except (Refused, InputError) as error:
            context.reasons.append(f"{attestor.name}: {error}")
    if attestors:
        context.note(image, found > 0)
    return found


def _signatures(context: Context, image: str, given: list[Value]) -> int:
    attestors = _attestors(given)
    if not context.takes_image(image):
        return 0
    images = _images(context)
    return _count(context, image, attestors, lambda attestor: void(images.signatures(image, attestor.authority)))


def void(_: object) -> None:
    """Only that there was an answer counts."""


def _attested(context: Context, image: str, attestation: str, given: list[Value]) -> int:
    attestors = _attestors(given)
    if not context.takes_image(image):
        return 0
    images, wanted = _images(context), _type(context, attestation)

    def ask(attestor: AttestorValue) -> None:
        found = images.attestations(image, wanted, attestor.authority)
        context.statements.setdefault((image, attestation), found[0].statement)

    return _count(context, image, attestors, ask)


def _type(context: Context, attestation: str) -> str:
    if attestation not in context.attestations:
        raise Untold(f"attestation not found in policy: {attestation:.80}")
    return context.attestations[attestation]


def _payload(context: Context, image: str, attestation: str) -> Object:
    _type(context, attestation)
    if (image, attestation) not in context.statements:
        raise Untold(f"the payload of {attestation:.80} cannot be had before its signatures are verified")
    return context.statements[image, attestation]


VERIFICATION = Library(
    "imageverify",
    {
        "verifyImageSignatures(string, list): int": InContext(_signatures),
        "verifyAttestationSignatures(string, string, list): int": InContext(_attested),
        "extractPayload(string, string): dyn": InContext(_payload),
        "getImageData(string): dyn": InContext(metadata),
    },
)
