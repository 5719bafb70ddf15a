"""The API server's audit log (audit.k8s.io/v1 Event, a JSON document in a line each) as admissions.

Example: ``{"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Request", "stage": "ResponseComplete",
"verb": "create", "user": {"username": "ann"}, "objectRef": {"resource": "pods", "namespace": "shop", "apiVersion":
"v1"}, "responseStatus": {"code": 201}, "requestObject": {...}, "requestReceivedTimestamp": "2026-11-26T20:11:04Z"}``.

The object is what was stored (``responseObject``, level RequestResponse), else what was sent; of a patch only the
former is a whole one. There is no old object. Whatever failed for another reason than an admission webhook's refusal
never was an admission that counts.
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import admission_review, json
from assay.formats.json import as_object, as_text
from assay.formats.recorded_admission import RecordedAdmission
from assay.model.policy import AdmissionRequest, GroupVersionKind, GroupVersionResource, Object, Operation

_VERBS = {
    "create": Operation.CREATE,
    "update": Operation.UPDATE,
    "patch": Operation.UPDATE,
    "delete": Operation.DELETE,
}
_SUB_RESOURCES = ("", "ephemeralcontainers")
"""Others change no more than a status, or are no objects."""
_REFUSED = "denied the request"


def read(line: bytes) -> RecordedAdmission | None:
    """The admission of an event; None where it is none. Raises `Malformed` for what is no event."""
    event = json.load_object(line)
    if event.get("kind") != "Event" or not as_text(event.get("apiVersion")).startswith("audit.k8s.io/"):
        raise Malformed(f"{as_text(event.get('kind'))[:40]!r} is no Event of audit.k8s.io")
    reference = as_object(event.get("objectRef"))
    operation = _VERBS.get(as_text(event.get("verb")))
    action = _action(event)
    if operation is None or action is None or as_text(reference.get("subresource")) not in _SUB_RESOURCES:
        return None
    if event.get("stage") != "ResponseComplete" or "dryRun=All" in as_text(event.get("requestURI")):
        return None
    code = as_object(event.get("responseStatus")).get("code")
    if event.get("verb") == "patch" and code == 201:
        operation = Operation.CREATE  # a server-side apply that made the object
    item = _object(event, reference)
    time = as_text(event.get("requestReceivedTimestamp"))
    request = _request(event, reference, operation, item)
    return RecordedAdmission(time, action, "", (), request, item is None and operation is not Operation.DELETE)


def _action(event: Object) -> str | None:
    """What was answered: allow, or deny by a webhook; None where it failed otherwise."""
    status = as_object(event.get("responseStatus"))
    code = status.get("code")
    if not isinstance(code, int) or code < 400:
        return "allow"
    return "deny" if _REFUSED in as_text(status.get("message")) else None


def _object(event: Object, reference: Object) -> Object | None:
    stored, sent = as_object(event.get("responseObject")), as_object(event.get("requestObject"))
    if event.get("verb") == "delete":
        return None
    if stored.get("kind") not in (None, "Status"):
        found = stored
    elif event.get("verb") == "patch" or not sent:
        return None
    else:
        found = sent
    namespace = as_text(reference.get("namespace"))
    metadata = as_object(found.get("metadata"))
    return {**found, "metadata": {**metadata, "namespace": namespace}} if namespace else found


def _request(event: Object, reference: Object, operation: Operation, item: Object | None) -> AdmissionRequest:
    resource = GroupVersionResource(
        as_text(reference.get("apiGroup")), as_text(reference.get("apiVersion")), as_text(reference.get("resource"))
    )
    old = as_object(event.get("responseObject")) if operation is Operation.DELETE else {}
    known = item or (old if old.get("kind") != "Status" else None) or None
    kind = GroupVersionKind.of(known or {})
    metadata = as_object((known or {}).get("metadata"))
    return AdmissionRequest(
        uid=as_text(event.get("auditID")),
        kind=kind if kind.kind else GroupVersionKind(resource.group, resource.version, ""),
        resource=resource,
        operation=operation,
        name=as_text(reference.get("name")) or as_text(metadata.get("name")),
        namespace=as_text(reference.get("namespace")),
        sub_resource=as_text(reference.get("subresource")),
        object=item,
        old_object=known if operation is Operation.DELETE else None,
        user=admission_review.user_info(as_object(event.get("impersonatedUser")) or as_object(event.get("user"))),
    )
