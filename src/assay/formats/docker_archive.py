"""The ``manifest.json`` of a ``docker save`` tar (Docker image specification 1.3), old and new layout alike.

::

    [{"Config": "blobs/sha256/HEX", "RepoTags": ["app:1"], "Layers": ["blobs/sha256/HEX", "HEX/layer.tar"]}]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assay.errors import InputError, Malformed
from assay.formats import json, tar
from assay.formats.json import Json, as_list, as_object, as_text
from assay.formats.oci import MAX_LAYERS

MAX_IMAGES = 10_000
_NAMED_BY_DIGEST = re.compile(r"(?:.*/)?(?:sha256:)?([0-9a-f]{64})(?:\.json)?")


@dataclass(frozen=True, slots=True)
class SavedImage:
    """One image of the archive: the paths of its configuration and layers, from the base up."""

    config: str
    layers: tuple[str, ...]
    tags: tuple[str, ...] = ()


def parse(data: bytes) -> tuple[SavedImage, ...]:
    """All images of the archive; raises `Malformed` for what is no such manifest."""
    document = json.load(data)
    if not isinstance(document, list) or not document:
        raise Malformed("the manifest.json of a docker archive is a list of images")
    if len(document) > MAX_IMAGES:
        raise Malformed(f"{len(document)} images in a docker archive (at most {MAX_IMAGES})")
    return tuple(_image(item) for item in document)


def _image(value: Json) -> SavedImage:
    item = as_object(value)
    layers = [as_text(path) for path in as_list(item.get("Layers"))]
    if len(layers) > MAX_LAYERS:
        raise Malformed(f"{len(layers)} layers (at most {MAX_LAYERS})")
    tags = tuple(text for tag in as_list(item.get("RepoTags")) if (text := as_text(tag)))
    return SavedImage(_path(as_text(item.get("Config"))), tuple(_path(path) for path in layers), tags)


def _path(text: str) -> str:
    path = tar.normalise(text)
    if not path:
        raise Malformed(f"docker archive with the path {text[:100]!r}")
    return path


def select(images: tuple[SavedImage, ...], chosen: str) -> SavedImage:
    """The image of that tag (``app:1``, or ``1`` alone); raises `InputError` where none or several are meant."""
    if not chosen and len(images) == 1:
        return images[0]
    matching = [image for image in images if chosen and any(means(chosen, tag) for tag in image.tags)]
    if len(matching) == 1:
        return matching[0]
    there = ", ".join(tag for image in images for tag in image.tags) or "no named ones"
    what = f"the docker archive has no image {chosen}" if chosen else f"the docker archive holds {len(images)} images"
    raise InputError(what, f"choose one as PATH:TAG; there are: {there}")


def means(chosen: str, tag: str) -> bool:
    """Whether what a user wrote is that tag: ``app:1``, or ``1`` alone."""
    return tag in (chosen, f"docker.io/library/{chosen}") or tag.endswith(f":{chosen}")


def promised_digest(path: str) -> str:
    """The SHA-256 that the name of a member promises, empty where it promises none."""
    found = _NAMED_BY_DIGEST.fullmatch(path)
    return found[1] if found else ""
