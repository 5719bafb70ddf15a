"""``input.review``: what policies see of a request (admission.k8s.io/v1 AdmissionRequest)."""

from __future__ import annotations

from typing import NamedTuple

from assay.engines.policy.gatekeeper.matching import GENERATED, ORIGINAL, Target
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object, Operation

KNOWN = (
    "uid",
    "kind",
    "resource",
    "subResource",
    "requestKind",
    "requestResource",
    "requestSubResource",
    "name",
    "namespace",
    "operation",
    "userInfo",
    "object",
    "oldObject",
    "dryRun",
    "options",
)
_ALWAYS: Object = {
    "uid": "",
    "kind": {"group": "", "version": "", "kind": ""},
    "resource": {"group": "", "version": "", "resource": ""},
    "operation": "",
    "userInfo": {},
    "object": None,
    "oldObject": None,
    "options": None,
}


class Review(NamedTuple):
    """A request as it is judged: the document, and the Namespace that it is in."""

    document: Object
    namespace: Object | None = None
    source: str = ORIGINAL
    implied: str = ""
    """The ExpansionTemplate that made the object."""
    action: str = ""
    """The enforcement action that it wants instead of the constraint's own."""

    def targets(self) -> list[Target]:
        """The objects that a match may be about: the new one and the old one."""
        found = [self.document.get("object"), self.document.get("oldObject")]
        return [Target(item, self.namespace, self.source) for item in found if isinstance(item, dict)]


def of_request(request: AdmissionRequest, world: World) -> Review:
    """The review of a request; raises `Malformed` for a DELETE without the object that is deleted."""
    document = of_document(request.raw) if request.raw else _made(request)
    name = document.get("namespace") or ""
    return Review(document, world.namespace(name) if name else None)


def of_document(raw: Object) -> Object:
    """The content of a request, with the fields that are always there; on DELETE the object is the old one."""
    document = {**_ALWAYS, **{key: value for key, value in raw.items() if key in KNOWN and value is not None}}
    if document["operation"] == "DELETE":
        if document["oldObject"] is None:
            raise Malformed("oldObject cannot be nil for DELETE operations")
        document["object"] = document["oldObject"]
    return document


def of_object(item: Object, world: World, source: str = ORIGINAL) -> Review:
    """The review of an object outside of any request, as gator and audit have it: without operation and user."""
    kind, metadata = GroupVersionKind.of(item), item.get("metadata") or {}
    names = {key: metadata[key] for key in ("name", "namespace") if metadata.get(key)}
    document = {**_ALWAYS, "kind": _kind(kind), **names, "object": item}
    name = str(metadata.get("namespace") or "")
    return Review(document, world.namespace(name) if name else None, source)


def generated(parent: Review, item: Object, template: str, action: str) -> Review:
    """The review of what an ExpansionTemplate makes of the object of `parent`."""
    kind, metadata = GroupVersionKind.of(item), item.get("metadata") or {}
    names = {key: metadata[key] for key in ("name", "namespace") if metadata.get(key)}
    operation = parent.document["operation"]
    document = {**_ALWAYS, "kind": _kind(kind), **names, "operation": operation, "object": item}
    if operation == "DELETE":
        document["oldObject"] = item
    return Review(document, parent.namespace, GENERATED, template, action)


def _made(request: AdmissionRequest) -> Object:
    raw: Object = {
        "uid": request.uid,
        "kind": _kind(request.kind),
        "resource": request.resource._asdict(),
        "operation": str(request.operation),
        "userInfo": {"username": request.user.username, "groups": list(request.user.groups), "uid": request.user.uid},
        "object": request.object,
        "oldObject": request.old_object,
        "options": request.options,
        "dryRun": request.dry_run,
    }
    optional = {"name": request.name, "namespace": request.namespace, "subResource": request.sub_resource}
    return of_document({**raw, **{key: value for key, value in optional.items() if value}})


def _kind(kind: GroupVersionKind) -> Object:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def is_mutable(request: AdmissionRequest) -> bool:
    """Whether mutators look at it."""
    return request.object is not None and request.operation in (Operation.CREATE, Operation.UPDATE)
