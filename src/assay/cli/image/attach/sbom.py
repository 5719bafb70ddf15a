"""Attaches an SBOM to an image.

As an OCI 1.1 referrer, or with `--form cosign` under the tag sha256-HEX.sbom that elder tools read. The format is
recognised. An attached SBOM is not signed; `assay attest --sbom` makes a signed statement of one. Prints the digest of
the referrer, or the tag.

    assay image attach sbom registry.example/team/app:1.2 app.cdx.json
"""

from __future__ import annotations

import argparse
import sys
from pathlib import PurePath

from assay.cli import Context
from assay.cli.image import _request
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("image", metavar="IMAGE", help=_request.IMAGE)
    parser.add_argument("file", metavar="FILE", help="the SBOM; `-` is standard input")
    parser.add_argument("--form", choices=("referrer", "cosign"), default="referrer", help="how it is stored")
    parser.add_argument("--media-type", metavar="TYPE", default="", help="what it is, if that is not recognised")
    _request.add_access(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Attach."""
    from assay.adapters.attaching import CosignTag, Part
    from assay.app import image_attachments
    from assay.cli.image.attach import _file

    data = _file.read(arguments.file)
    kind = arguments.media_type or _media_type(data, arguments.file)
    title = {} if arguments.file == "-" else {"org.opencontainers.image.title": PurePath(arguments.file).name}
    place, image = image_attachments.subject(_request.request(arguments, context))
    tag = CosignTag.SBOM if arguments.form == "cosign" else None
    wanted = image_attachments.ToAttach([Part(data, kind, title)], kind, tag=tag)
    sys.stdout.write(f"{image_attachments.attach(place, image, wanted).place}\n")
    return ExitCode.OK


def _media_type(data: bytes, name: str) -> str:
    from assay.formats import detect
    from assay.report import formats

    found = detect.detect(data)
    kind = formats.find(found.format).media_type if found is not None and not found.wrapped else ""
    if not kind:
        raise UsageError(f"{name} is no SBOM that is known", "say what it is with --media-type")
    return kind
