"""How an image is to be read: apart from the reading itself, which nobody needs for a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from assay.model.image import Platform
    from assay.ports import Progress


class ImageOptions(NamedTuple):
    """`platform` chooses in an index; `verify_diff_ids` also hashes what the layers unpack to."""

    platform: Platform | None = None
    verify_diff_ids: bool = False
    progress: Progress | None = None
