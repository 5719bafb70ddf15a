"""Images with what is attached to them: shown, copied, saved, loaded, added to, read out and cleaned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assay.adapters import places
from assay.adapters.access import Access
from assay.adapters.places import Place
from assay.formats import oci
from assay.workflows import image_copy, image_tree

if TYPE_CHECKING:
    from assay.model.image_tree import AttachedKind, Node
    from assay.ports import Progress
    from assay.workflows.image_copy import Copied


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """An image, and how it may be reached; `note` hears what was left out."""

    image: str
    access: Access = field(default_factory=Access)
    platform: str = ""
    note: Callable[[str], None] = lambda text: None


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """What of an image is copied, and where to; `only` are the kinds of attachments (None: all).

    `progress` is told the number of bytes and gives something that hears of each.
    """

    destination: str
    only: frozenset[AttachedKind] | None = None
    workers: int = 4
    progress: Callable[[int], Progress] | None = None


def tree(request: ImageRequest) -> tuple[Place, Node]:
    """The image with everything attached to it, and its place."""
    place = places.source(request.image, request.access)
    platform = oci.parse_platform(request.platform) if request.platform else None
    options = image_tree.Options(platform, place.tags, request.note)
    return place, image_tree.read(place.pull, place.chosen, options)


def copy(request: ImageRequest, wanted: CopyRequest) -> tuple[str, Node, Copied]:
    """Copy an image with what is attached; where to, what, and how much of it was moved."""
    place, node = tree(request)
    node = image_copy.only(node, wanted.only)
    with places.destination(wanted.destination, request.access, place.tag) as to:
        same = place.repository[0] and place.repository[0] == to.repository[0] and place.repository != to.repository
        options = image_copy.Options(
            wanted.workers if to.parallel else 1,
            place.repository[1] if same else "",
            wanted.progress(image_copy.total(node)) if wanted.progress is not None else None,
            request.note,
        )
        done = image_copy.copy(place.pull, to.target, to.edit, node, to.tag, options)
        return to.name, node, done
