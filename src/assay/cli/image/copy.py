"""Copies an image with everything that hangs on it.

Between registries, OCI layouts and archives. An index is copied with all its images, or with --platform one image of
it. Every digest is checked; what the destination has is not sent again, so that a copy that broke off is taken up by
the same command. Signatures and attestations go over in the form that they have, so that they verify at the
destination; tags of cosign that are there already are added to. Prints the digest.

    assay image copy registry.example/team/app:1.2 mirror.example/team/app:1.2
    assay image copy registry.example/team/app:1.2 mirror.example/team/app --only sig,att
"""

from __future__ import annotations

import argparse

from assay.cli import Context
from assay.cli.image import _copying, _request


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("image", metavar="IMAGE", help=_request.IMAGE)
    parser.add_argument("destination", metavar="DESTINATION", help="the same; without a tag, the image's")
    _copying.add_flags(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Copy."""
    return _copying.run(arguments, context, arguments.destination)
