"""SOURCE as users write it: ``dir:.``, ``oci-dir:image:latest``, ``registry:registry.example/app``, or a bare word.

A scheme is a module here, named like it with ``_`` for ``-``, with ``open_source(reference, request)``, which
returns a `assay.ports.Source`, or the `assay.model.sbom.Sbom` that an existing document holds. A bare word is guessed
from what is there, and the guess is told.
"""

from __future__ import annotations

import importlib
import os.path
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from assay.adapters.image_options import ImageOptions
from assay.errors import ExternalError, InputError, UsageError

if TYPE_CHECKING:
    from assay.model.sbom import Sbom
    from assay.ports import Source

SCHEMES = (
    "dir",
    "file",
    "oci-dir",
    "oci-archive",
    "docker-archive",
    "registry",
    "docker",
    "podman",
    "containerd",
    "sbom",
)
"""The prefixes, in the order in which the reference lists them."""

_IMAGES = frozenset({"registry", "docker", "podman"})
"""What a bare word may be guessed to be that is no file."""


class Request(NamedTuple):
    """How a source is to be opened.

    `exclude` are globs for directories; `plain_http` names registry hosts that may be spoken to without TLS;
    `cache` is a folder for partial downloads, which may be deleted at any time; `from_attached` asks for the SBOM that
    hangs on an image instead of the image; `note` hears what a bare word is taken for, before it is opened.
    """

    image: ImageOptions
    exclude: Sequence[str] = ()
    offline: bool = False
    plain_http: Sequence[str] = ()
    insecure: bool = False
    cache: Path | None = None
    from_attached: bool = False
    note: Callable[[str], None] = lambda text: None


def open_source(text: str, request: Request) -> Source | Sbom:
    """Open what `text` names.

    Raises `UsageError` for an empty reference and for what only a network could answer while offline, `InputError`
    for what is not there or not what its prefix says, `ExternalError` where something outside is out of reach.
    """
    scheme, reference = split(text)
    if not reference:
        raise UsageError("SOURCE is empty", "name a directory, a file, an image or `-`")
    if scheme:
        return _open(scheme, reference, request)
    try:
        scheme = guess(reference, request)
    except PermissionError as error:
        raise InputError(f"{reference} cannot be read: {error.strerror}", "check its permissions") from error
    request.note(f"{reference} is taken as {scheme}:")
    try:
        return _open(scheme, reference, request)
    except (InputError, ExternalError) as error:
        if scheme in _IMAGES:
            error.what = f"there is no file or folder {reference}, and as an image: {error.what}"
        raise


def _open(scheme: str, reference: str, request: Request) -> Source | Sbom:
    if scheme not in _OF_IMAGES:
        _refuse_image_options(reference, request)
    module = importlib.import_module(f"{__name__}.{scheme.replace('-', '_')}")
    return cast("Source | Sbom", module.open_source(reference, request))


_OF_IMAGES = frozenset(SCHEMES) - {"dir", "file", "sbom"}


def _refuse_image_options(reference: str, request: Request) -> None:
    """What only means something for images is not passed over in silence; a platform may be in a configuration."""
    for flag, wanted in (
        ("--from-attached", request.from_attached),
        ("--verify-diffids", request.image.verify_diff_ids),
    ):
        if wanted:
            raise UsageError(f"{flag} is about images, and {reference} is none", f"leave {flag} away")
    if request.image.platform is not None:
        request.note(f"--platform is about images, and {reference} is none")


def split(text: str) -> tuple[str, str]:
    """The scheme, empty where none of ours is written, and the rest."""
    scheme, colon, reference = text.partition(":")
    return (scheme, reference) if colon and scheme in SCHEMES else ("", text)


def local_path(text: str) -> Path | None:
    """The path that a source lies at, None for what is no file or folder: configuration found inside is not trusted."""
    scheme, reference = split(text)
    if scheme in ("", "dir", "file", "sbom", "oci-dir", "oci-archive", "docker-archive") and reference != "-":
        path = Path(reference)
        return path if os.path.exists(path) else None  # noqa: PTH110 (never raises)
    return None


def guess(reference: str, request: Request) -> str:
    """The scheme of a bare word."""
    path = Path(reference)
    if reference == "-":
        return "file"
    if path.is_dir():
        return "oci-dir" if _is_layout(path) else "dir"
    if path.exists():
        return _kind(path)
    for folder in _before_the_choice(reference):
        if _is_layout(folder):
            return "oci-dir"
        if folder.is_file():
            return _kind(folder)
    return _guess_image(reference, request)


def _before_the_choice(reference: str) -> Iterator[Path]:
    """What ``PATH@DIGEST``, ``PATH:TAG`` and ``PATH:NAME:TAG`` may begin with, the longest first."""
    left = reference
    while mark := max(left.rfind("@"), left.rfind(":")) + 1:
        left = left[: mark - 1]
        if left:
            yield Path(left)


def _kind(path: Path) -> str:
    """The scheme that the content of a file asks for."""
    from assay.adapters import sniff, spool

    return sniff.kind(spool.open_file(str(path)))


def _is_layout(folder: Path) -> bool:
    """Whether a folder looks like an OCI layout (OCI image specification 1.1, "Image Layout")."""
    return all(os.path.isfile(folder / name) for name in ("oci-layout", "index.json"))  # noqa: PTH113 (never raises)


def _guess_image(reference: str, request: Request) -> str:
    """An image: of an engine whose socket is there and has it, else of a registry."""
    from assay.adapters import image_reference

    if reference.startswith(("/", "./", "../")) or not image_reference.is_reference(reference):
        raise InputError(f"there is no file or folder {reference}", "check the path; images are written HOST/NAME:TAG")
    if request.offline:
        raise UsageError(
            f"there is no file or folder {reference}, and --offline forbids to ask a registry for an image",
            "name a local source, or leave --offline away",
        )
    from assay.adapters import engine_socket

    return engine_socket.holding(reference) or "registry"
