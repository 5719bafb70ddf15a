"""Reads out the SBOMs that hang on an image.

Plain documents first; where there is none, the SBOMs inside of attestations, whose signatures are not checked here.

    assay image download sbom registry.example/team/app:1.2 > app.cdx.json
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.cli.image import _request
from assay.cli.image.download import _output

if TYPE_CHECKING:
    from assay.app.images import ImageRequest
    from assay.model.image_tree import Document

_PREDICATES = ("cyclonedx.org/bom", "spdx.dev/document", "syft.dev/bom")


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    _output.register(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write the SBOMs."""
    from assay.app import image_attachments
    from assay.model.image_tree import AttachedKind

    request = _request.request(arguments, context)
    found = list(image_attachments.documents(request, AttachedKind.SBOM))
    if not found:
        found = list(_attested(request))
        if found:
            context.warn("the SBOM is that of an attestation, which was not verified", "`assay verify-attestation`")
    return _output.write(arguments, found, "SBOM")


def _attested(request: ImageRequest) -> Iterator[tuple[Document, bytes]]:
    from assay.app import image_attachments
    from assay.formats import attachment, json, json_bytes
    from assay.model.image_tree import AttachedKind

    for document, data in image_attachments.documents(request, AttachedKind.ATTESTATION):
        if any(word in document.predicate_type.lower() for word in _PREDICATES):
            yield document, json_bytes.encode(attachment.statement(json.load_object(data)).get("predicate"))
