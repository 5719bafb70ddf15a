"""Mirrors of registries: asked in their order before the registry itself, under the registry's own name.

A mirror is believed no more than the registry: what has a digest is verified, and a tag may be resolved by a mirror as
containerd's ``hosts.toml`` and containers-registries.conf(5) have it. What a mirror does not hold (signatures beside
an image, most often) is asked for at the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from assay.adapters.image_reference import ImageReference
from assay.adapters.registry.client import Pull
from assay.errors import DigestMismatch, ExternalError, InputError, UsageError
from assay.formats.compression import ByteStream
from assay.model.digest import Digest
from assay.model.image import Descriptor

Answer = TypeVar("Answer")


def pairs(texts: Sequence[str], key: str) -> tuple[tuple[str, str], ...]:
    """``HOST=VALUE`` taken apart; raises `UsageError`."""
    found = []
    for text in texts:
        host, sign, value = text.partition("=")
        if not (host and sign and value):
            raise UsageError(f"{key}: {text[:100]!r} is not of the form HOST=VALUE", f'{key} = ["HOST=VALUE"]')
        found.append((host, value.rstrip("/")))
    return tuple(found)


def places(reference: ImageReference, mirrors: Sequence[tuple[str, str]]) -> list[ImageReference]:
    """Where an image may be found: mirrors of its registry first, it itself at the end."""
    found = []
    for host, mirror in mirrors:
        if host == reference.host:
            place, _, prefix = mirror.partition("/")
            path = f"{prefix}/{reference.repository}" if prefix else reference.repository
            found.append(replace(reference, host=place, repository=path))
    return [*found, reference]


class MirroredPull(Pull):
    """Reads from the first that has it; what the last one says counts where none has."""

    def __init__(self, pulls: Sequence[Pull]) -> None:
        self._pulls = pulls

    def manifest(self, target: str) -> tuple[Descriptor, bytes]:
        """See `Pull`."""
        return self._first(lambda pull: pull.manifest(target))

    @contextmanager
    def blob(self, item: Descriptor) -> Iterator[ByteStream]:
        """See `Pull`; one that breaks off later is not begun again elsewhere."""
        with self._first(lambda pull: _Opened(pull, item)).context as stream:
            yield stream

    def referrers(self, image: Digest, artifact_type: str = "") -> Sequence[Descriptor]:
        """Those of the first that knows any."""
        return self._first(lambda pull: pull.referrers(image, artifact_type), lambda found: bool(found))

    def digest(self, tag: str) -> Digest | None:
        """See `Pull`."""
        return self._first(lambda pull: pull.digest(tag), lambda found: found is not None)

    def _first(self, ask: Callable[[Pull], Answer], is_enough: Callable[[Answer], bool] = lambda _: True) -> Answer:
        for pull in self._pulls[:-1]:
            try:
                found = ask(pull)
            except (ExternalError, InputError, DigestMismatch):
                continue
            if is_enough(found):
                return found
        return ask(self._pulls[-1])


class _Opened:
    """A blob whose transfer has begun."""

    def __init__(self, pull: Pull, item: Descriptor) -> None:
        self._outer = pull.blob(item)
        self._stream = self._outer.__enter__()

    @property
    @contextmanager
    def context(self) -> Iterator[ByteStream]:
        """The stream, which is closed in the end."""
        try:
            yield self._stream
        finally:
            self._outer.__exit__(None, None, None)
