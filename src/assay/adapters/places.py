"""Where images lie, as users write it: a repository in a registry, an OCI layout in a folder or in a tar.

::

    registry.example/team/app:1.2        registry:registry.example/team/app@sha256:9f86d0...
    oci-dir:images:1.2                   oci-archive:images.tar:1.2
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assay.adapters import image_archive, image_reference, oci_archive_writer, oci_layout, sources, spool
from assay.adapters.access import Access
from assay.adapters.oci_layout_reader import LayoutPull
from assay.adapters.oci_layout_writer import LayoutWriter
from assay.adapters.registry.client import RegistryClient, connect
from assay.adapters.registry.transport import Policy, Transport
from assay.errors import InputError, UsageError
from assay.formats import oci

if TYPE_CHECKING:
    from assay.model.image import Descriptor
    from assay.ports import RegistryEdit, RegistryPull, RegistryTarget

_SCHEMES = ("registry", "oci-dir", "oci-archive")
_REMEDY = "write it as HOST/NAME:TAG, oci-dir:PATH[:TAG] or oci-archive:PATH[:TAG]"


@dataclass(frozen=True, slots=True)
class Place:
    """An image's place: what reads there, and what writes if it can be written to.

    `chosen` is the tag or digest that was named; `tag` the tag, empty where there is none; `repository` is
    ``(HOST, NAME)`` in a registry; `tags` lists all tags.
    """

    name: str
    pull: RegistryPull
    tags: Callable[[], Sequence[str]]
    chosen: str
    tag: str = ""
    target: RegistryTarget | None = None
    edit: RegistryEdit | None = None
    repository: tuple[str, str] = ("", "")


def scheme_of(text: str) -> tuple[str, str]:
    """The kind of a place, guessed where it is not written, and the rest; raises `UsageError` for other sources."""
    scheme, reference = sources.split(text)
    if not reference:
        raise UsageError("no image is named", _REMEDY)
    if scheme and scheme not in _SCHEMES:
        raise UsageError(f"{text}: images of {scheme} hold nothing that is attached", _REMEDY)
    if scheme:
        return scheme, reference
    if (oci_layout.split(reference, Path.is_dir)[0] / "index.json").is_file():
        return "oci-dir", reference
    return ("oci-archive" if oci_layout.split(reference, Path.is_file)[0].is_file() else "registry"), reference


def source(text: str, access: Access) -> Place:
    """An image that is there. Raises `UsageError` for a registry while offline, `InputError` where there is none."""
    scheme, reference = scheme_of(text)
    if scheme == "registry":
        return _in_registry(reference, access)
    if scheme == "oci-archive":
        path, chosen = oci_layout.split(reference, Path.is_file)
        archive = LayoutPull(oci_layout.TarBlobs(image_archive.index(spool.open_file(str(path)))))
        return _in_layout(archive, text, chosen)
    path, chosen = oci_layout.split(reference, Path.is_dir)
    if not path.is_dir():
        raise InputError(f"there is no folder {path}", "check the path; a layout has an index.json")
    pull = LayoutPull(oci_layout.FolderBlobs(path))
    return _in_layout(pull, text, chosen, lambda: LayoutWriter(path))


def _in_registry(reference: str, access: Access) -> Place:
    wanted = image_reference.parse(reference)
    if access.offline:
        what = f"{wanted} is in a registry, and --offline forbids to ask one"
        raise UsageError(what, "name a layout or an archive (`assay image save` makes one), or leave --offline away")
    there = client(wanted, access)
    known = (wanted.host, wanted.repository)
    edit = there.edit
    return Place(str(wanted), there.pull, edit.tags, wanted.target, wanted.tag, there.push, edit, known)


def client(wanted: image_reference.ImageReference, access: Access) -> RegistryClient:
    """The client of a repository; all of one process share their connections by policy."""
    policy = Policy(frozenset(access.plain_http), access.insecure)
    return connect(wanted, policy, _transports.setdefault(policy, Transport(policy)))


_transports: dict[Policy, Transport] = {}


def _in_layout(pull: LayoutPull, name: str, chosen: str, writer: Callable[[], LayoutWriter] | None = None) -> Place:
    entries = pull.entries()
    if chosen:
        names = (oci.REF_NAME, "io.containerd.image.name")
        fits = [item for item in entries if chosen in [item.annotations.get(key) for key in names]]
        target = str(fits[0].digest) if fits else chosen
        tag = fits[0].annotations.get(oci.REF_NAME, "") if fits else ""
    else:
        images = [item for item in entries if not item.artifact_type and not _is_attached(item)]
        if len(images) != 1:
            there = ", ".join(item.annotations.get(oci.REF_NAME, str(item.digest)) for item in images[:20]) or "nothing"
            remedy = f"choose one as PATH:TAG or PATH@DIGEST; there are: {there}"
            raise InputError(f"{pull.files.name} holds {len(images)} images", remedy)
        target, tag = str(images[0].digest), images[0].annotations.get(oci.REF_NAME, "")
    written = writer() if writer is not None else None
    return Place(name, pull, pull.tags, target, tag, written, written)


def _is_attached(item: Descriptor) -> bool:
    """Whether an entry holds what is attached to another: under a tag made of a digest."""
    return item.annotations.get(oci.REF_NAME, "").startswith(("sha256-", "sha512-"))


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a copy goes; several transfers at once only where `parallel`."""

    name: str
    target: RegistryTarget
    edit: RegistryEdit | None
    tag: str
    parallel: bool = True
    repository: tuple[str, str] = ("", "")


@contextmanager
def destination(text: str, access: Access, tag: str) -> Iterator[Destination]:
    """A place to copy to, made where it is a folder or a file; `tag` is used where none is written.

    An archive is there, under its name, only when the block ends well.
    """
    scheme, reference = sources.split(text)
    if not scheme:
        scheme, reference = scheme_of(text)
        if scheme == "registry" and (reference.startswith((".", "/")) or reference.endswith(".tar")):
            raise UsageError(f"{text} is no name of an image in a registry", _REMEDY)
    if scheme == "registry":
        place = _in_registry(reference, access)
        named = image_reference.parse(reference)
        if tag and not image_reference.is_tag(tag):
            tag = ""  # a name that a layout gave, and no registry takes
        written = named.tag if named.tag != "latest" or reference.endswith(":latest") else tag or "latest"
        if named.digest:
            raise UsageError(f"{text} names a digest to copy to", "name a tag, or none: the digest stays what it is")
        assert place.target is not None
        yield Destination(f"{named.name}:{written}", place.target, place.edit, written, True, place.repository)
    elif scheme == "oci-dir":
        path, chosen = _new(reference, Path.is_dir)
        writer = LayoutWriter(path)
        yield Destination(text, writer, writer, chosen or tag)
    elif scheme == "oci-archive":
        path, chosen = _new(reference, Path.is_file)
        with oci_archive_writer.archive(path) as archive:
            yield Destination(text, archive, None, chosen or tag, parallel=False)
    else:
        raise UsageError(f"images cannot be copied to {scheme}:", _REMEDY)


def _new(reference: str, exists: Callable[[Path], bool]) -> tuple[Path, str]:
    """``PATH[:TAG]`` where the path need not be there."""
    path, colon, tag = reference.rpartition(":")
    if exists(Path(reference)) or not colon or not image_reference.is_tag(tag):
        return Path(reference), ""
    return Path(path), tag
