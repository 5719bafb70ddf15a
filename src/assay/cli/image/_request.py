"""The flags that the commands about images share."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from assay.cli import Context, _registries
from assay.errors import UsageError

if TYPE_CHECKING:
    from assay.app.images import ImageRequest
    from assay.model.image_tree import AttachedKind

IMAGE = "HOST/NAME:TAG, HOST/NAME@DIGEST, oci-dir:PATH[:TAG] or oci-archive:PATH[:TAG]"
_KINDS = {"sig": "signature", "att": "attestation"}


def add_access(parser: argparse.ArgumentParser, *, platform: bool = True) -> None:
    """The flags of `request`."""
    if platform:
        parser.add_argument("--platform", metavar="OS/ARCH", default="", help="only this image of an index")
    _registries.add_flags(parser)


def request(arguments: argparse.Namespace, context: Context) -> ImageRequest:
    """The image of the arguments."""
    from assay.app.images import ImageRequest

    access = _registries.access(arguments, context.settings())
    return ImageRequest(arguments.image, access, getattr(arguments, "platform", ""), context.note)


def kinds(words: list[str] | None) -> frozenset[AttachedKind] | None:
    """``--only sig,att``: the kinds of attachments, None for all; cosign's short words are known."""
    from assay.model.image_tree import AttachedKind

    if words is None:
        return None
    found = set()
    for word in ",".join(words).split(","):
        try:
            found |= {AttachedKind(_KINDS.get(word, word))} if word not in ("none", "") else set()
        except ValueError as error:
            known = ", ".join(AttachedKind)
            raise UsageError(f"{word!r} is nothing that can be attached", f"name some of {known}, or none") from error
    return frozenset(found)
