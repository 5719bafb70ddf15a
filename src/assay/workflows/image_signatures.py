"""The signatures and attestations of an image, in every form in use, each verified against the image's digest.

A bundle that hangs on the image as a referrer, cosign's ``.sig`` and ``.att`` tags, and the signatures that BuildKit
keeps beside an image are all read: the newest form does not hide an elder one. One that cannot be read, or that says
no, is a value with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assay.engines.verify import Artifact, Options, verify
from assay.errors import AssayError, InputError, Refused, UsageError
from assay.formats import attachment, cosign_signature, dsse, intoto, json, sigstore_bundle
from assay.formats.json import Object, as_object
from assay.model.bundle import Bundle, Envelope
from assay.model.image_tree import AttachedKind, Document, Node
from assay.model.verification import Verification
from assay.ports import RegistryPull
from assay.workflows import image_tree

MAX_BYTES = 128 << 20


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature or attestation that hangs on an image: `place` is its manifest's digest or tag."""

    kind: AttachedKind
    place: str
    form: str
    bundle: Bundle
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class Judged:
    """A signature with its verification, or with the reason why it does not count."""

    signature: Signature | None
    place: str
    verification: Verification | None = None
    reason: AssayError | None = None
    annotations: Object = field(default_factory=dict)


def signatures(pull: RegistryPull, node: Node) -> Iterator[Signature | Judged]:
    """All that hang on the node itself, unverified; a `Judged` for each that cannot be read."""
    for item in node.attached:
        if item.hangs is None:
            continue
        place = item.hangs.tag or str(item.item.digest)
        for document in item.hangs.documents:
            if document.kind is AttachedKind.SBOM:
                continue
            try:
                found = _read(pull, document, place)
            except InputError as error:
                yield Judged(None, place, reason=error)
                continue
            if found is not None:
                yield found


def _read(pull: RegistryPull, document: Document, place: str) -> Signature | None:
    layer = document.item
    kind = layer.media_type
    data = image_tree.content(pull, layer, MAX_BYTES)
    if "sigstore.bundle" in kind or sigstore_bundle.is_bundle(data):
        bundle = sigstore_bundle.read(data)
        return Signature(_kind(bundle), place, f"bundle {bundle.form}", bundle)
    if kind == attachment.DSSE:
        bundle = cosign_signature.of_layer(layer.annotations, data, envelope=True)
        return Signature(_kind(bundle), place, "cosign attestation", bundle)
    if kind == attachment.SIMPLE_SIGNING:
        bundle = cosign_signature.of_layer(layer.annotations, data, envelope=False)
        return Signature(AttachedKind.SIGNATURE, place, "cosign signature", bundle, data)
    return None


def _kind(bundle: Bundle) -> AttachedKind:
    """A statement that only signs is a signature, every other one an attestation."""
    content = bundle.content
    if not isinstance(content, Envelope):
        return AttachedKind.SIGNATURE
    if content.payload_type != dsse.IN_TOTO:
        return AttachedKind.ATTESTATION
    try:
        signs = intoto.read(content.payload).predicate_type == intoto.SIGNED_IMAGE
    except InputError:
        signs = False
    return AttachedKind.SIGNATURE if signs else AttachedKind.ATTESTATION


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must hold: `kind` of the signatures, and `annotations` that all have to be there."""

    options: Options
    kind: AttachedKind = AttachedKind.SIGNATURE
    annotations: Mapping[str, str] = field(default_factory=dict)


def judge(pull: RegistryPull, node: Node, wanted: Wanted) -> list[Judged]:
    """Each signature (or attestation) of an image with its verdict.

    Raises `UsageError` where something must be said before anything can be judged, such as whom one expects.
    """
    judged = []
    for item in signatures(pull, node):
        if isinstance(item, Judged):
            judged.append(item)
        elif item.kind is wanted.kind:
            judged.append(_one(item, node, wanted))
    return judged


def _one(item: Signature, node: Node, wanted: Wanted) -> Judged:
    try:
        verification, annotations = _verified(item, node, wanted)
    except UsageError:
        raise
    except AssayError as error:
        return Judged(item, item.place, reason=error)
    return Judged(item, item.place, verification, annotations=annotations)


def _verified(item: Signature, node: Node, wanted: Wanted) -> tuple[Verification, Object]:
    if not item.payload:
        found = verify(item.bundle, Artifact(node.data), wanted.options)
        annotations = _predicate_annotations(item.bundle)
        _has_annotations(annotations, wanted)
        return found, annotations
    found = verify(item.bundle, Artifact(item.payload), wanted.options)
    said = cosign_signature.payload(item.payload)
    if said.digest != str(node.item.digest):
        raise Refused(
            f"step 7 (subject): the signed payload is about {said.digest[:100]}, the image is {node.item.digest}",
            "the signature was copied from another image; sign this one",
        )
    found.took("subject", f"{cosign_signature.TYPE} about {said.digest}")
    _has_annotations(said.annotations, wanted)
    return found, said.annotations


def _predicate_annotations(bundle: Bundle) -> Object:
    """The annotations that a signing statement carries in its subject or predicate."""
    if not isinstance(bundle.content, Envelope):
        return {}
    statement = as_object(json.load_object(bundle.content.payload))
    found: Object = {}
    subjects = statement.get("subject")
    for subject in subjects if isinstance(subjects, list) else []:
        found |= as_object(as_object(subject).get("annotations"))
    predicate = statement.get("predicate")
    if isinstance(predicate, dict):
        found |= as_object(predicate.get("annotations"))
    return found


def _has_annotations(found: Object, wanted: Wanted) -> None:
    for name, value in wanted.annotations.items():
        if found.get(name) != value:
            raise Refused(
                f"the signature has the annotation {name}={found.get(name, 'nothing')!s:.100}, wanted was {value}",
                "sign with that annotation, or leave -a away",
            )


def accepted(judged: Sequence[Judged]) -> list[Judged]:
    """Those that count."""
    return [item for item in judged if item.verification is not None]
