"""What is signed: files, folders and images; and where the bundle goes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay.adapters.attaching import CosignTag, Part
from assay.app import verifying
from assay.app.image_attachments import ToAttach, attach, bundle_annotations
from assay.app.images import ImageRequest, tree
from assay.app.producing import timestamp
from assay.app.signing import Session, Signed, write
from assay.errors import InputError, UsageError
from assay.formats import attachment, cosign_signature_writer, intoto, pem, sigstore_bundle_writer
from assay.formats.intoto import SIGNED_IMAGE
from assay.model.bundle import Envelope, MessageSignature
from assay.model.digest import Digest

if TYPE_CHECKING:
    from assay.adapters.access import Access
    from assay.adapters.places import Place
    from assay.model.image_tree import Node


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where signatures go and what they say; `elder` asks for cosign's form before bundles."""

    access: Access
    bundle: Path | None = None
    signature: Path | None = None
    certificate: Path | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    recursive: bool = False
    platform: str = ""
    elder: bool = False
    note: Callable[[str], None] = lambda text: None


class Done(NamedTuple):
    """A signature that was made: of what, where it is, and the bundle."""

    what: str
    place: str
    digest: Digest
    data: bytes


class Local(NamedTuple):
    """A file or folder on this machine, as it is signed: `data` is the file, or the document about the folder."""

    path: Path
    data: bytes

    @property
    def digest(self) -> Digest:
        """Of `data`."""
        from assay.formats import digest

        return digest.sha256(self.data)


def local(target: str, bundle: Path | None) -> Local | None:
    """The file or folder that a target names; None for an image. Raises `InputError`."""
    path = verifying.local_path(target)
    if path is None:
        return None
    if path.is_dir():
        from assay.adapters import tree as trees

        return Local(path, trees.document(path, bundle))
    try:
        return Local(path, path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "check the path") from error


def beside(path: Path) -> Path:
    """Where the bundle of a file goes by default."""
    return path.resolve().with_name(path.resolve().name + verifying.BESIDE[0])


def sign(target: str, session: Session, wanted: Wanted) -> Iterator[Done]:
    """Sign one target; an index with `recursive` gives several."""
    found = local(target, wanted.bundle)
    if found is not None:
        signed = session.file(found.data)
        place = wanted.bundle or beside(found.path)
        write(place, signed.data)
        _extras(signed, wanted)
        yield Done(target, str(place), found.digest, signed.data)
        return
    place_of, nodes = images(target, wanted)
    for node in nodes:
        yield _image(place_of, node, session, wanted)


def images(target: str, wanted: Wanted) -> tuple[Place, list[Node]]:
    """The images to sign: the one that is named, and with `recursive` those of an index."""
    place, node = tree(ImageRequest(target, wanted.access, wanted.platform, wanted.note))
    if place.target is None:
        raise UsageError(f"{target} cannot be added to", "`assay image copy` it to oci-dir:PATH first")
    below = [item for item in node.children if item.hangs is None] if wanted.recursive else []
    return place, [node, *below]


def _extras(signed: Signed, wanted: Wanted) -> None:
    content = signed.bundle.content
    if wanted.signature is not None and isinstance(content, MessageSignature):
        write(wanted.signature, base64.b64encode(content.signature) + b"\n")
    if wanted.certificate is not None and signed.bundle.certificates:
        write(wanted.certificate, pem.write("CERTIFICATE", signed.bundle.certificates[0]).encode())


def _image(place: Place, node: Node, session: Session, wanted: Wanted) -> Done:
    digest = str(node.item.digest)
    reference = place.name.partition("@")[0]
    if not wanted.elder:
        signed = session.image(reference, digest, dict(wanted.annotations))
        where = hang(place, node, signed, SIGNED_IMAGE)
        _extras(signed, wanted)
        return Done(f"{reference}@{digest}", where, node.item.digest, signed.data)
    payload = cosign_signature_writer.payload(digest, reference, wanted.annotations)
    signed = session.file(payload)
    notes = cosign_signature_writer.of_bundle(signed.bundle, session.chain[1:])
    part = Part(payload, attachment.SIMPLE_SIGNING, notes)
    where = attach(place, node.item, ToAttach([part], tag=CosignTag.SIGNATURES)).place
    _extras(signed, wanted)
    return Done(f"{reference}@{digest}", where, node.item.digest, signed.data)


def hang(place: Place, node: Node, signed: Signed, predicate: str) -> str:
    """Attach a bundle to an image as a referrer; the digest of its manifest."""
    part = Part(signed.data, attachment.BUNDLE)
    notes = bundle_annotations(predicate, timestamp())
    return attach(place, node.item, ToAttach([part], attachment.BUNDLE, notes)).place


def hang_elder(place: Place, node: Node, signed: Signed, session: Session) -> str:
    """Attach an attestation under cosign's tag ``.att``."""
    content = signed.bundle.content
    assert isinstance(content, Envelope)
    notes = cosign_signature_writer.of_bundle(signed.bundle, session.chain[1:])
    notes[attachment.COSIGN_PREDICATE] = intoto.read(content.payload).predicate_type
    part = Part(sigstore_bundle_writer.envelope_bytes(content), attachment.DSSE, notes)
    return attach(place, node.item, ToAttach([part], tag=CosignTag.ATTESTATIONS)).place
