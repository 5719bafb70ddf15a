"""Shows an image with everything that hangs on it.

The images of an index, and on each of them (and on what hangs there, too) signatures, attestations and SBOMs in every
form: OCI 1.1 referrers, the tag that stands in for them, cosign's tags, BuildKit's attestations. Nothing is verified
but the digests; `assay verify` does that.

    assay image tree registry.example/team/app:1.2
    assay image tree oci-dir:saved --json
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.cli.image import _request
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("image", metavar="IMAGE", help=_request.IMAGE)
    parser.add_argument("--json", action="store_true", help="as JSON")
    _request.add_access(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the tree."""
    from assay.app import images
    from assay.report import image_tree

    place, node = images.tree(_request.request(arguments, context))
    if arguments.json:
        sys.stdout.buffer.write(image_tree.as_json(place.name, node))
    else:
        sys.stdout.write(image_tree.table(place.name, node))
    return ExitCode.OK
