"""The verbs of a registry for one repository: `Pull` reads, `Push` writes (`assay.ports`)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote

from assay.adapters import blob
from assay.adapters.image_reference import ImageReference
from assay.adapters.registry import credentials
from assay.adapters.registry.download import BlobStream
from assay.adapters.registry.edit import Edit
from assay.adapters.registry.referrers import Referrers, tag_of
from assay.adapters.registry.session import Session
from assay.adapters.registry.transport import Policy, Response, Transport
from assay.formats import digest as digests
from assay.formats import oci
from assay.formats.compression import ByteStream
from assay.model.digest import Algorithm, Digest
from assay.model.image import Descriptor, Manifest

_ACCEPT = {"Accept": ", ".join((oci.INDEX, oci.DOCKER_INDEX, oci.MANIFEST, oci.DOCKER_MANIFEST))}
_BOTH = "pull,push"
_OCTETS = {"Content-Type": "application/octet-stream"}


class Pull:
    """Reads manifests and blobs of a repository (`assay.ports.RegistryPull`)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def manifest(self, target: str) -> tuple[Descriptor, bytes]:
        """The manifest or index behind a tag or digest, verified against the digest and the registry's header.

        Raises `InputError` where there is none, `DigestMismatch` for a wrong one.
        """
        response = self._session.request("GET", f"manifests/{target}", _ACCEPT)
        if response.status != 200:
            raise self._session.fail(response, f"manifest {target}")
        data = response.read(oci.MAX_DOCUMENT)
        said = response.headers.get("docker-content-digest", "")
        found = oci.described(data, response.headers.get("content-type", "").partition(";")[0])
        for text in (target if ":" in target else "", said):
            if text and (promised := digests.find(text)) is not None:
                blob.check(data, promised)
                found = Descriptor(found.media_type, promised, found.size) if text == target else found
        return found, data

    @contextmanager
    def blob(self, item: Descriptor) -> Iterator[ByteStream]:
        """The bytes of a blob, resumed where the connection breaks; the caller verifies them."""
        stream = BlobStream(self._session, item)
        try:
            yield stream
        finally:
            stream.close()

    def referrers(self, image: Digest, artifact_type: str = "") -> Sequence[Descriptor]:
        """The manifests whose subject is `image`, by the referrers API or its tag."""
        return Referrers(self._session).of(image, artifact_type)

    def digest(self, tag: str) -> Digest | None:
        """What a tag points to; None where there is no such tag."""
        response = self._session.request("HEAD", f"manifests/{tag}", _ACCEPT)
        response.close()
        if response.status == 404:
            return None
        if response.status != 200:
            raise self._session.fail(response, f"manifest {tag}")
        return digests.find(response.headers.get("docker-content-digest", ""))


class Push:
    """Writes blobs and manifests to a repository (`assay.ports.RegistryPush`)."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._edit = Edit(session)

    def has_blob(self, digest: Digest) -> bool:
        """Whether the repository holds the blob already."""
        response = self._session.request("HEAD", f"blobs/{digest}", actions=_BOTH)
        response.close()
        return response.status == 200

    def put_blob(self, data: bytes, media_type: str) -> Descriptor:
        """Upload a blob in one piece, unless it is there."""
        item = Descriptor(media_type, Digest(Algorithm.SHA256, hashlib.sha256(data).hexdigest()), len(data))
        if not self.has_blob(item.digest):
            place = self._start()
            self._finish(place, item.digest, data)
        return item

    def put_known(self, item: Descriptor, pieces: Iterable[bytes | memoryview]) -> None:
        """Upload a blob whose digest and size are known, in one request and without holding it.

        Where the registry asks for credentials first, they have been given with the request that starts the upload.
        Raises `DigestMismatch` for other content than was promised.
        """
        pieces = _checked(pieces, item)
        mark = "&" if "?" in (place := self._start()) else "?"
        headers = {**_OCTETS, "Content-Length": str(item.size)}
        response = self._session.request("PUT", f"{place}{mark}digest={item.digest}", headers, pieces, actions=_BOTH)
        if response.status != 201:
            raise self._session.fail(response, f"upload of {item.digest}")
        response.close()

    def mount(self, digest: Digest, repository: str) -> bool:
        """Take a blob over from another repository of the same registry; False where that is not to be had."""
        path = f"blobs/uploads/?mount={digest}&from={quote(repository, safe='/')}"
        response = self._session.request("POST", path, {"Content-Length": "0"}, b"", actions=_BOTH)
        response.close()
        return response.status == 201

    def put_blob_pieces(self, pieces: Iterable[bytes], media_type: str) -> Descriptor:
        """Upload a blob of unknown size, piece by piece; raises `ExternalError` where the registry refuses one."""
        place, running, total = self._start(), hashlib.sha256(), 0
        for piece in pieces:
            if not piece:
                continue
            headers = {**_OCTETS, "Content-Range": f"{total}-{total + len(piece) - 1}"}
            response = self._session.request("PATCH", place, headers, piece, actions=_BOTH)
            place = self._next(response, 202, "upload")
            running.update(piece)
            total += len(piece)
        found = Digest(Algorithm.SHA256, running.hexdigest())
        self._finish(place, found, b"")
        return Descriptor(media_type, found, total)

    def put_manifest(self, data: bytes, media_type: str, tag: str = "") -> Descriptor:
        """Upload a manifest under its digest and, if given, a tag; a referrer becomes known as one.

        Registries without the referrers API get the tag that stands in for it ("Referrers Tag Schema").
        """
        item, unlisted = self._put(data, media_type, tag)
        if unlisted is not None:
            self._list({unlisted: [item]})
        return item

    def put_referrers(self, manifests: Sequence[tuple[bytes, str]]) -> None:
        """Upload manifests with subjects; the tags that stand in for the API are written once for all of them."""
        unlisted: dict[Digest, list[Descriptor]] = {}
        for data, media_type in manifests:
            item, subject = self._put(data, media_type)
            if subject is not None:
                unlisted.setdefault(subject, []).append(item)
        self._list(unlisted)

    def list_image(self, item: Descriptor) -> None:
        """What is in a registry can be had by its digest."""

    def _put(self, data: bytes, media_type: str, tag: str = "") -> tuple[Descriptor, Digest | None]:
        """Upload a manifest: its descriptor as a referrer, and its subject if the registry did not take note of it."""
        item = oci.described(data, media_type)
        response = self._session.request(
            "PUT", f"manifests/{tag or item.digest}", {"Content-Type": media_type}, data, actions=_BOTH
        )
        if response.status not in (200, 201):
            raise self._session.fail(response, f"manifest {tag or item.digest}")
        response.close()
        manifest = oci.parse(data)
        if not isinstance(manifest, Manifest) or manifest.subject is None:
            return item, None
        kind = manifest.artifact_type or manifest.config.media_type
        listed = replace(item, annotations=manifest.annotations, artifact_type=kind)
        return listed, None if "oci-subject" in response.headers else manifest.subject.digest

    def _list(self, unlisted: Mapping[Digest, Sequence[Descriptor]]) -> None:
        """List referrers under the tags that stand in for the API, unless it lists them without having said so."""
        for subject, items in unlisted.items():
            there = Referrers(self._session).by_api(subject)
            missing = [item for item in items if item.digest not in there]
            if missing:
                self._edit.update_tag(tag_of(subject), partial(oci.with_entries, more=missing))

    def _start(self) -> str:
        response = self._session.request("POST", "blobs/uploads/", {"Content-Length": "0"}, b"", actions=_BOTH)
        return self._next(response, 202, "upload")

    def _finish(self, place: str, digest: Digest, data: bytes) -> None:
        mark = "&" if "?" in place else "?"
        response = self._session.request("PUT", f"{place}{mark}digest={digest}", _OCTETS, data, actions=_BOTH)
        if response.status != 201:
            raise self._session.fail(response, f"upload of {digest}")
        response.close()

    def _next(self, response: Response, wanted: int, what: str) -> str:
        """Where an upload goes on."""
        place = response.headers.get("location", "")
        if response.status != wanted or not place:
            raise self._session.fail(response, what)
        response.close()
        return place


def _checked(pieces: Iterable[bytes | memoryview], item: Descriptor) -> Iterator[bytes | memoryview]:
    """The pieces; an error where they turn out to be others than were promised, before more than that is sent."""
    running, total = blob.hasher(item.digest), 0
    for piece in pieces:
        total += len(piece)
        running.update(piece)
        if total >= item.size:
            blob.compare(total, running.hexdigest(), item.digest, item.size)
        yield piece
    blob.compare(total, running.hexdigest(), item.digest, item.size)


@dataclass(frozen=True, slots=True)
class RegistryClient:
    """The verbs over one session."""

    pull: Pull
    push: Push
    edit: Edit


def connect(
    reference: ImageReference,
    policy: Policy,
    transport: Transport | None = None,
    find: Callable[[], credentials.Credentials | None] = lambda: None,
) -> RegistryClient:
    """A client for the repository of `reference`; nothing is sent yet.

    Its credentials are those that `find` gives, else those of Docker or Podman.
    """
    session = Session(
        reference,
        transport or Transport(policy),
        lambda: find() or credentials.find(reference.host, reference.repository, os.environ),
    )
    return RegistryClient(Pull(session), Push(session), Edit(session))
