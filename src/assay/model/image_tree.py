"""An image with everything that hangs on it: children of an index, signatures, attestations, SBOMs, and theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from assay.model.image import Descriptor


class AttachedKind(StrEnum):
    """What something that hangs on an image says about it."""

    SIGNATURE = "signature"
    ATTESTATION = "attestation"
    SBOM = "sbom"
    OTHER = "other"


class Form(StrEnum):
    """How it hangs there: by its subject, under a tag of cosign, or beside the image in its index (BuildKit)."""

    REFERRER = "referrer"
    TAG = "tag"
    BESIDE = "beside"


@dataclass(frozen=True, slots=True)
class Document:
    """A layer of an attachment; `predicate_type` is empty where it holds no statement."""

    kind: AttachedKind
    item: Descriptor
    predicate_type: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """How a node hangs on another, and the documents in it."""

    kind: AttachedKind
    form: Form
    artifact_type: str = ""
    documents: tuple[Document, ...] = ()
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A manifest or an index (`data`, verified), the blobs that it names, and what belongs to it.

    `hangs` is None for the image itself and for children of an index that are images.
    """

    item: Descriptor
    data: bytes
    blobs: tuple[Descriptor, ...] = ()
    children: tuple[Node, ...] = ()
    attached: tuple[Node, ...] = ()
    hangs: Attachment | None = None

    def walk(self) -> Iterator[Node]:
        """This node and all below it, children before what is attached."""
        yield self
        for node in (*self.children, *self.attached):
            yield from node.walk()
