"""``image("...")`` and its parts, and ``image.GetMetadata``: what a registry says of an image."""

from __future__ import annotations

from dataclasses import dataclass

from assay.engines.policy.cel.faults import Untold
from assay.engines.policy.cel.library import InContext, Library
from assay.engines.policy.cel.values import Namespace, Opaque, Value
from assay.engines.policy.kyverno_cel.context import Context
from assay.errors import AssayError, InputError
from assay.formats.image_reference import ImageReference, is_reference, parse

_I, _D = "kyverno.Image", "imagedata.Context"
_HOSTS = {"docker.io": "index.docker.io"}
"""Docker's registry by the name that go-containerregistry has for it."""


@dataclass(frozen=True, slots=True)
class Image(Opaque):
    """A reference taken apart; beside a digest a tag counts for nothing."""

    cel_type = _I
    reference: ImageReference

    def part(self, name: str) -> str:
        """One of the parts, by the name of its function."""
        found = self.reference
        match name:
            case "registry":
                return _HOSTS.get(found.host, found.host)
            case "repository":
                return found.repository
            case "tag":
                return "" if found.digest else found.tag
            case "digest":
                return found.digest
        return found.target

    def select(self, field: str) -> Value:
        """As the documentation of matchImageReferences has it: ``image.registry``."""
        if field not in _PARTS:
            raise Untold(f"an image has no field {field!r:.40}")
        return self.part(field)

    def has(self, field: str) -> bool:
        """Whether the part is there."""
        return field in _PARTS and bool(self.part(field))

    def text(self) -> str:
        """The whole reference."""
        return str(self.reference)

    plain = text


_PARTS = ("registry", "repository", "identifier", "tag", "digest")


class ImageDataSource(Namespace):
    """The variable ``image``."""

    cel_type = _D
    __slots__ = ()


def image(text: str) -> Image:
    """Raises `Untold` for what is no reference."""
    try:
        return Image(parse(text))
    except InputError as error:
        raise Untold(f"could not parse reference: {error}") from error


def metadata(context: Context, reference: str) -> Value:
    """Digest, manifest, configuration and the parts of the reference; from the registry."""
    if context.world.images is None:
        raise Untold(f"{reference:.100} cannot be looked up: no registry is there to ask")
    try:
        found = context.world.images.data(reference)
    except AssayError as error:
        raise Untold(f"failed to get image data: {error}") from error
    parts = image(reference)
    return {
        "image": reference,
        "resolvedImage": f"{parts.reference.name}@{found.digest}",
        **{name: parts.part(name) for name in _PARTS},
        "digest": str(found.digest),
        "manifest": found.manifest,
        "config": found.config,
        "configData": found.config,
        **({"imageIndex": found.index} if found.index is not None else {}),
    }


def _metadata(context: Context, _: ImageDataSource, reference: str) -> Value:
    return metadata(context, reference)


IMAGE = Library(
    "image",
    {
        f"image(string): {_I}": image,
        f"parseImageReference(string): {_I}": image,
        "isImage(string): bool": is_reference,
        f"{_I} -> containsDigest(): bool": lambda found: bool(found.reference.digest),
        **{f"{_I} -> {name}(): string": lambda found, name=name: found.part(name) for name in _PARTS},
    },
)
IMAGE_DATA = Library(
    "imageData",
    {f"{_D} -> {name}(string): dyn": InContext(_metadata) for name in ("GetMetadata", "getMetadata", "Get", "get")},
    {"image": ImageDataSource()},
)
