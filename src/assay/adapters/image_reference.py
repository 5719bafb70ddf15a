"""References to images in registries (`assay.formats.image_reference`), as adapters read them."""

from assay.formats.image_reference import ImageReference, is_reference, is_tag, parse

__all__ = ["ImageReference", "is_reference", "is_tag", "parse"]
