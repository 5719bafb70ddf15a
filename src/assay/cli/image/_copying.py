"""What `copy`, `save` and `load` have in common."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.cli.image import _request
from assay.errors import ExitCode

if TYPE_CHECKING:
    from assay.ports import Progress


def add_flags(parser: argparse.ArgumentParser, *, platform: bool = True) -> None:
    """The flags."""
    parser.add_argument(
        "--only",
        action="append",
        metavar="KIND",
        help="of what is attached, only signature, attestation, sbom, other, or none; repeatable, or with commas",
    )
    parser.add_argument("--jobs", type=int, default=4, metavar="N", help="transfers at once (4)")
    _request.add_access(parser, platform=platform)


def run(arguments: argparse.Namespace, context: Context, destination: str) -> int:
    """Copy, and say what was done."""
    from assay.app import images
    from assay.report.image_tree import size

    with ExitStack() as stack:

        def progress(total: int) -> Progress:
            return stack.enter_context(context.progress("copying", total))

        jobs = min(max(arguments.jobs, 1), 64)
        wanted = images.CopyRequest(destination, _request.kinds(arguments.only), jobs, progress)
        name, node, done = images.copy(_request.request(arguments, context), wanted)
    attached = sum(1 for item in node.walk() if item.hangs is not None)
    context.note(
        f"{name}: {done.blobs} blobs ({size(done.size)}) copied, {done.present} were there, {done.mounted} mounted; "
        f"{attached} attached"
    )
    sys.stdout.write(f"{node.item.digest}\n")
    return ExitCode.OK
