"""How cosign's ``save`` tells what the entries of a layout are: by an annotation ``kind``, for one image in each.

::

    {"manifests": [{"digest": "sha256:af5e...", "annotations": {"kind": "dev.cosignproject.cosign/imageIndex"}, ...},
                   {"digest": "sha256:1e42...", "annotations": {"kind": "dev.cosignproject.cosign/sigs"}, ...}]}

Tags are not in it, and neither are bundles that hang on the image as referrers: cosign's ``save`` leaves them behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from assay.formats import oci
from assay.formats.json import Json, Object, as_object
from assay.model.digest import Digest
from assay.model.image import Descriptor

KIND = "kind"
_PREFIX = "dev.cosignproject.cosign/"
_ENDINGS = {"sigs": "sig", "atts": "att"}


def kind(item: Descriptor) -> str:
    """``image``, ``imageIndex``, ``sigs``, ``atts``, or empty."""
    found = item.annotations.get(KIND, "")
    return found.removeprefix(_PREFIX) if found.startswith(_PREFIX) else ""


def with_tags(entries: Sequence[Descriptor]) -> Sequence[Descriptor]:
    """The entries, with the tags of cosign that stand for the kinds of the one image, where entries have no name."""
    images = [item for item in entries if kind(item) in ("image", "imageIndex")]
    if len(images) != 1:
        return entries
    return [_named(item, images[0].digest) for item in entries]


def _named(item: Descriptor, image: Digest) -> Descriptor:
    ending = _ENDINGS.get(kind(item))
    if ending is None or oci.REF_NAME in item.annotations:
        return item
    name = f"{image.algorithm}-{image.value}.{ending}"
    return replace(item, annotations={**item.annotations, oci.REF_NAME: name})


def marked(entries: Iterable[Json], image: Descriptor) -> list[Json]:
    """The entries of an ``index.json`` with kinds for `image` and what hangs on it by cosign's tags, for no other."""
    kinds = {f"{image.digest.algorithm}-{image.digest.value}.{ending}": kind for kind, ending in _ENDINGS.items()}
    own = "imageIndex" if image.media_type in oci.INDEXES else "image"
    found = list[Json]()
    for entry in map(as_object, entries):
        notes = as_object(entry.get("annotations"))
        name = notes.get(oci.REF_NAME)
        told = own if entry.get("digest") == str(image.digest) else kinds.get(name if isinstance(name, str) else "", "")
        found.append(_with_kind(entry, notes, told))
    return found


def _with_kind(entry: Object, notes: Object, told: str) -> Object:
    kept = {key: value for key, value in notes.items() if key != KIND or not str(value).startswith(_PREFIX)}
    if told:
        kept[KIND] = _PREFIX + told
    if kept == notes:
        return entry
    rest = {key: value for key, value in entry.items() if key != "annotations"}
    return rest | ({"annotations": kept} if kept else {})
