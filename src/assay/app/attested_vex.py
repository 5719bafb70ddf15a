"""VEX documents that are attested to an image: only those of the signers that the settings trust."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from assay.errors import Malformed
from assay.formats import intoto, json_bytes, strict_json, vex_document

if TYPE_CHECKING:
    from assay.app.verifying import VerifyRequest
    from assay.model.verification import Verification
    from assay.model.vex import VexDocument

TYPE = "openvex"


def documents(images: Sequence[str], request: VerifyRequest, warn: Callable[[str], None]) -> list[VexDocument]:
    """The OpenVEX documents attested to `images`; what is not of a trusted signer is told and left out.

    Raises `assay.errors.InputError` and `assay.errors.ExternalError` where an image cannot be asked about.
    """
    from assay.app.verifying import judge, options

    wanted, types = options(request), intoto.wanted(TYPE)
    found: list[VexDocument] = []
    for image in images:
        judged = judge(image, request, wanted)
        verified = [item.verification for item in judged.outcomes if item.verified and item.verification is not None]
        refused = [item.reason for item in judged.outcomes if not item.verified and item.reason is not None]
        if refused:
            warn(f"{image}: {len(refused)} attestations are not of a trusted signer: {refused[0].what}")
        attested = [item for item in verified if item.predicate_type in types]
        if not attested:
            warn(f"{image}: no VEX is attested to it by a trusted signer")
        for item in attested:
            try:
                found.append(_document(item))
            except Malformed as error:
                warn(f"{image}: an attested VEX document is not applied: {error.what}")
    return found


def _document(item: Verification) -> VexDocument:
    statement = strict_json.load(item.payload, "the statement")
    signer = str(item.identity) if item.identity is not None else "the key"
    return vex_document.read(json_bytes.encode(statement.get("predicate")), f"attestation of {signer}")
