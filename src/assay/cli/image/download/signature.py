"""Reads out the signatures that hang on an image, one a line.

A bundle is written as it is; a signature of cosign's elder form as cosign writes it::

    {"Base64Signature": "MEUC...", "Payload": "eyJj...", "Cert": "-----BEGIN...", "Chain": "...", "Bundle": {...}}

Nothing is verified but the digests; `assay verify` does that.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import suppress
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


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write the signatures."""
    return _output.write(arguments, _signatures(_request.request(arguments, context)), "signature")


def _signatures(request: ImageRequest) -> Iterator[tuple[Document, bytes]]:
    from assay.app import image_attachments
    from assay.model.image_tree import AttachedKind

    for document, data in image_attachments.documents(request, AttachedKind.SIGNATURE):
        yield document, _written(document, data) if "simplesigning" in document.item.media_type else data


def _written(document: Document, payload: bytes) -> bytes:
    import base64

    from assay.errors import Malformed
    from assay.formats import json, json_bytes
    from assay.formats.json import Object

    notes = document.item.annotations
    found: Object = {
        "Base64Signature": notes.get("dev.cosignproject.cosign/signature", ""),
        "Payload": base64.b64encode(payload).decode(),
        "Cert": notes.get("dev.sigstore.cosign/certificate"),
        "Chain": notes.get("dev.sigstore.cosign/chain"),
        "Bundle": notes.get("dev.sigstore.cosign/bundle"),
        "RFC3161Timestamp": notes.get("dev.sigstore.cosign/rfc3161timestamp"),
    }
    for key in ("Bundle", "RFC3161Timestamp"):
        text = found[key]
        with suppress(Malformed):
            found[key] = json.load(text) if isinstance(text, str) else None
    return json_bytes.encode(found)
