"""Saves an image with everything attached to it as an OCI layout, for an air gap.

A PATH that ends in .tar becomes an archive, any other a folder, to which more images can be saved. What was saved is
verified there without a network, and loaded into another registry.

    assay image save registry.example/team/app:1.2 app.tar
    assay verify oci-archive:app.tar --offline --trusted-root root.json ...
"""

from __future__ import annotations

import argparse

from assay.cli import Context
from assay.cli.image import _copying, _request


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("image", metavar="IMAGE", help=_request.IMAGE)
    parser.add_argument("path", metavar="PATH[:TAG]", help="a folder, or a file that ends in .tar")
    _copying.add_flags(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Save."""
    path: str = arguments.path
    if not path.startswith(("oci-dir:", "oci-archive:")):
        stem, colon, tag = path.rpartition(":")
        is_tar = path.endswith(".tar") or bool(colon and stem.endswith(".tar") and "/" not in tag)
        path = f"{'oci-archive' if is_tar else 'oci-dir'}:{path}"
    return _copying.run(arguments, context, path)
