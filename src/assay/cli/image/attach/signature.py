"""Attaches a signature made elsewhere to an image.

A Sigstore bundle becomes an OCI 1.1 referrer. A bare signature over a simple-signing payload, as cosign's elder form
has it, becomes a layer of the tag sha256-HEX.sig. The payload must name the image; the signature is not checked here.

    assay image attach signature registry.example/team/app:1.2 --bundle app.sigstore.json
    assay image attach signature registry.example/team/app:1.2 --payload payload.json --signature payload.sig
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.cli.image import _request
from assay.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from assay.app.image_attachments import ToAttach
    from assay.model.digest import Digest

_PREFIX = "dev.sigstore.cosign"


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("image", metavar="IMAGE", help=_request.IMAGE)
    parser.add_argument("--bundle", metavar="FILE", help="a Sigstore bundle")
    parser.add_argument("--payload", metavar="FILE", help="what was signed: the simple-signing document")
    parser.add_argument("--signature", metavar="FILE", help="the signature over the payload, in base64")
    parser.add_argument("--certificate", metavar="FILE", help="the signer's certificate (PEM)")
    parser.add_argument("--certificate-chain", metavar="FILE", help="the certificates above it (PEM)")
    parser.add_argument("--rekor-bundle", metavar="FILE", help="the log's answer, as cosign keeps it (JSON)")
    _request.add_access(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Attach."""
    from assay.app import image_attachments

    if bool(arguments.bundle) == bool(arguments.payload and arguments.signature):
        raise UsageError("no signature is named", "give --bundle, or --payload and --signature")
    place, image = image_attachments.subject(_request.request(arguments, context))
    wanted = _bundle(arguments.bundle, image.digest) if arguments.bundle else _bare(arguments, image.digest)
    sys.stdout.write(f"{image_attachments.attach(place, image, wanted).place}\n")
    return ExitCode.OK


def _bundle(name: str, image: Digest) -> ToAttach:
    from assay.adapters.attaching import Part
    from assay.app import timestamp
    from assay.app.image_attachments import ToAttach, bundle_annotations
    from assay.cli.image.attach import _file
    from assay.formats import attachment, json
    from assay.formats.json import as_text

    data = _file.read(name)
    value = json.load_object(data)
    if not {"messageSignature", "dsseEnvelope"} & value.keys():
        raise InputError(f"{name} is no Sigstore bundle", "a bundle has a messageSignature or a dsseEnvelope")
    predicate = ""
    if "dsseEnvelope" in value:
        statement = attachment.statement(value)
        predicate = as_text(statement.get("predicateType"))
        _file.require_subject(statement, image, name)
    kind = as_text(value.get("mediaType")) or attachment.BUNDLE
    return ToAttach([Part(data, kind)], kind, bundle_annotations(predicate, timestamp()))


def _bare(arguments: argparse.Namespace, image: Digest) -> ToAttach:
    from assay.adapters.attaching import CosignTag, Part
    from assay.app.image_attachments import ToAttach
    from assay.cli.image.attach import _file
    from assay.formats import attachment, json
    from assay.formats.json import as_object, as_text

    payload = _file.read(arguments.payload)
    critical = as_object(json.load_object(payload).get("critical"))
    named = as_text(as_object(critical.get("image")).get("docker-manifest-digest"))
    if named != str(image):
        what = f"{arguments.payload} is about {named[:100] or 'nothing'}, not about {image}"
        raise InputError(what, "name the image that it was made for")
    notes = {"dev.cosignproject.cosign/signature": "".join(_text(arguments.signature).split())}
    more = {
        "certificate": arguments.certificate,
        "chain": arguments.certificate_chain,
        "bundle": arguments.rekor_bundle,
    }
    notes |= {f"{_PREFIX}/{key}": _text(name) for key, name in more.items() if name}
    return ToAttach([Part(payload, attachment.SIMPLE_SIGNING, notes)], tag=CosignTag.SIGNATURES)


def _text(name: str) -> str:
    from assay.cli.image.attach import _file

    try:
        return _file.read(name).decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is no text", "signatures are given in base64, certificates as PEM") from error
