"""Takes away what is attached to an image.

Referrers are deleted and struck from the tag that lists them, cosign's tags are deleted; the image stays, and so do the
attestations that BuildKit makes a part of an index. Asks first; --yes does not, --dry-run only shows. What hangs on
something that is taken away goes with it. In a layout only the entries go: blobs may belong to others.

    assay image clean registry.example/team/app:1.2 --type signature --dry-run
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.cli.image import _request
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("image", metavar="IMAGE", help=_request.IMAGE)
    parser.add_argument(
        "--type", action="append", metavar="KIND", help="only signature, attestation, sbom, other; repeatable"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be taken away")
    _request.add_access(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Show, ask, delete."""
    from assay.app import image_attachments, images

    place, node = images.tree(_request.request(arguments, context))
    found = image_attachments.unwanted(node, _request.kinds(arguments.type))
    if not found:
        context.note(f"nothing to take away is attached to {place.name}")
        return ExitCode.OK
    for item in found:
        hangs = item.node.hangs
        assert hangs is not None
        sys.stdout.write(f"{hangs.kind}\t{hangs.tag or item.node.item.digest}\n")
    if arguments.dry_run:
        return ExitCode.OK
    sys.stdout.flush()
    if not arguments.yes and not _agreed(f"take these {len(found)} away from {place.name}?"):
        context.note("nothing was taken away")
        return ExitCode.NO
    image_attachments.remove(place, found)
    context.note(f"{len(found)} taken away from {place.name}")
    return ExitCode.OK


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", "say --yes, or --dry-run to see what would go")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
