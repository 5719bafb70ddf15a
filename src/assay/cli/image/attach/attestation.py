"""Attaches attestations made elsewhere to an image.

A Sigstore bundle becomes an OCI 1.1 referrer; DSSE envelopes (one a line, as cosign writes them) become layers of
the tag sha256-HEX.att. The statement must be about the image; its signature is not checked here. Prints the digest
of each referrer, or the tag.

    assay image attach attestation registry.example/team/app:1.2 provenance.sigstore.json
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.cli.image import _request
from assay.errors import ExitCode, InputError

if TYPE_CHECKING:
    from assay.app.image_attachments import ToAttach
    from assay.model.digest import Digest


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("image", metavar="IMAGE", help=_request.IMAGE)
    parser.add_argument("file", metavar="FILE", help="a bundle, or envelopes; `-` is standard input")
    _request.add_access(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Attach."""
    from assay.app import image_attachments
    from assay.cli.image.attach import _file

    data = _file.read(arguments.file)
    place, image = image_attachments.subject(_request.request(arguments, context))
    lines = [data] if _is_one(data) else [line for line in data.splitlines() if line.strip()]
    for wanted in [_wanted(line, image.digest, arguments.file) for line in lines]:
        sys.stdout.write(f"{image_attachments.attach(place, image, wanted).place}\n")
    return ExitCode.OK


def _is_one(data: bytes) -> bool:
    from assay.errors import Malformed
    from assay.formats import json

    try:
        json.load_object(data)
    except Malformed:
        return False
    return True


def _wanted(data: bytes, image: Digest, name: str) -> ToAttach:
    from assay.adapters.attaching import CosignTag, Part
    from assay.app import TOOL, timestamp
    from assay.app.image_attachments import ToAttach, bundle_annotations
    from assay.cli.image.attach import _file
    from assay.formats import attachment, json
    from assay.formats.json import as_text

    value = json.load_object(data)
    statement = attachment.statement(value)
    predicate = as_text(statement.get("predicateType"))
    if not predicate or statement is value:
        raise InputError(f"{name} is neither a bundle nor a DSSE envelope around a statement", f"{TOOL.name} attest")
    _file.require_subject(statement, image, name)
    if "dsseEnvelope" in value:
        kind = as_text(value.get("mediaType")) or attachment.BUNDLE
        return ToAttach([Part(data, kind)], kind, bundle_annotations(predicate, timestamp()))
    return ToAttach([Part(data, attachment.DSSE, {attachment.COSIGN_PREDICATE: predicate})], tag=CosignTag.ATTESTATIONS)
