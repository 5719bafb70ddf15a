"""Reads out the attestations that hang on an image, one DSSE envelope a line.

Those of bundles are taken out of them; `assay image download bundle` gives the bundles. Nothing is verified but the
digests; `assay verify-attestation` does that.

    assay image download attestation registry.example/team/app:1.2 --predicate-type slsaprovenance1
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


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    _output.register(parser)
    parser.add_argument("--predicate-type", metavar="TYPE", help="only these: a URI, or cosign's short name")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write the attestations."""
    request = _request.request(arguments, context)
    return _output.write(arguments, _envelopes(request, arguments.predicate_type), "attestation")


def _envelopes(request: ImageRequest, wanted: str | None) -> Iterator[tuple[Document, bytes]]:
    from assay.app import image_attachments
    from assay.formats import intoto, json, json_bytes
    from assay.model.image_tree import AttachedKind

    types = intoto.wanted(wanted) if wanted else ()
    for document, data in image_attachments.documents(request, AttachedKind.ATTESTATION):
        if types and document.predicate_type not in types:
            continue
        inner = json.load_object(data).get("dsseEnvelope")
        yield document, json_bytes.encode(inner) if inner is not None else data
