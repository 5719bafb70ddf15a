"""The world of a test: a cluster, images, services and global entries that its files describe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from assay.engines.policy.kyverno.odd import listed, mapping, metadata, objects
from assay.engines.policy.resources import resource_kind
from assay.errors import ExternalError, InputError, Refused
from assay.formats import digest as digests
from assay.model.digest import Digest
from assay.model.image_policy import Authority, ImageAttestation, ImageData, ImageSignature
from assay.model.policy import GroupVersionKind, Object


class GivenAnswers:
    """Calls and their answers, of ``apiCallResponses``: for services, and for paths of the API."""

    def __init__(self, entries: Iterable[Object]) -> None:
        self._answers: dict[tuple[str, str], Any] = {}
        for entry in entries:
            url = str(entry.get("url") or entry.get("urlPath") or "")
            response = entry.get("response")
            body = response.get("body") if isinstance(response, dict) else None
            self._answers[(str(entry.get("method") or "GET"), url)] = body

    def answer(self, method: str, url: str) -> tuple[object, ...]:
        """The answer, or nothing where none is given."""
        return (self._answers[(method, url)],) if (method, url) in self._answers else ()

    def call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], ca: str) -> object:
        """See `assay.engines.policy.world.Http`."""
        if not (found := self.answer(method, url)):
            raise ExternalError(f"the test gives no answer to {method} {url:.200}", "add it to apiCallResponses")
        return found[0]


class TestCluster:
    """`assay.ports.Cluster` over the objects of a test; kinds are compared by the resource that serves them."""

    def __init__(self, objects: Iterable[Object], answers: GivenAnswers) -> None:
        self._objects = list(objects)
        self.answer = answers.answer

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> Object | None:
        """See the port."""
        return next((item for item in self.list(kind, namespace) if _name(item) == name), None)

    def list(self, kind: GroupVersionKind, namespace: str = "") -> Sequence[Object]:
        """See the port."""
        return [item for item in self._objects if _served(item, kind) and _lives(item, namespace)]


def _served(item: Object, kind: GroupVersionKind) -> bool:
    found = GroupVersionKind.of(item)
    same = resource_kind(found.group, found.kind).resource == resource_kind(kind.group, kind.kind).resource
    return found.group == kind.group and same and kind.version in ("", "*", found.version)


def _lives(item: Object, namespace: str) -> bool:
    return not namespace or metadata(item).get("namespace", "default") == namespace


def _name(item: Object) -> str:
    return str(metadata(item).get("name") or "")


class GivenImages:
    """`assay.ports.Images` over what the context of a test says of images; nothing is signed."""

    def __init__(self, entries: Iterable[Object]) -> None:
        self._entries = {str(entry.get("image")): entry for entry in entries}

    def digest(self, reference: str) -> Digest:
        """See the port."""
        return self.data(reference).digest

    def data(self, reference: str) -> ImageData:
        """See the port."""
        entry = self._entries.get(reference)
        if entry is None:
            raise InputError(f"the test's context says nothing of {reference:.200}", "add it to images")
        found = digests.find(str(entry.get("digest") or "")) or digests.find("sha256:" + "0" * 64)
        assert found is not None
        config = entry.get("config") or entry.get("configData") or {}
        index = entry.get("imageIndex")
        return ImageData(reference, found, mapping(entry.get("manifest")), mapping(config), mapping(index) or None)

    def signatures(self, reference: str, authority: Authority) -> Sequence[ImageSignature]:
        """See the port."""
        raise Refused(f"{reference:.200} is not signed", "the context of a test holds no signatures")

    def attestations(self, reference: str, predicate_type: str, authority: Authority) -> Sequence[ImageAttestation]:
        """See the port."""
        raise Refused(f"{reference:.200} has no attestation", "the context of a test holds none")


def global_context(entries: Iterable[Object], files: Callable[[str], list[Object]]) -> Callable[[str, str], object]:
    """What ``globalContextEntries`` give, by name and projection."""
    held: dict[str, tuple[Any, dict[str, Any]]] = {}
    for entry in entries:
        held[str(entry.get("name"))] = _entry(entry, files)

    def look(name: str, projection: str) -> object:
        if name not in held:
            raise ExternalError(f"the global context entry {name!r:.80} is not given", "add it to globalContextEntries")
        data, projections = held[name]
        if projection:
            return projections.get(projection)
        return {**data, **projections} if isinstance(data, dict) else data

    return look


def _entry(entry: Object, files: Callable[[str], list[Object]]) -> tuple[Any, dict[str, Any]]:
    from assay.engines.policy.queries.search import search

    data = next((entry[part] for part in ("data", "resources", "resource") if entry.get(part) is not None), None)
    if data is None:
        data = [item for path in listed(entry.get("resourceFiles")) for item in files(str(path))]
    projections = {}
    for projection in objects(entry.get("projections")):
        query = str(projection.get("path") or projection.get("jmesPath") or "")
        projections[str(projection.get("name"))] = search(query, data)
    return data, projections
