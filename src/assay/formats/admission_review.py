"""AdmissionReview (admission.k8s.io/v1 and v1beta1): requests read, answers written.

Example of a request: ``{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "...",
"kind": {"group": "", "version": "v1", "kind": "Pod"}, "operation": "CREATE", "object": {...}, ...}}``.
"""

from __future__ import annotations

import base64
from typing import Any

from assay.errors import Malformed
from assay.formats import json_bytes, json_patch
from assay.model.decision import Decision
from assay.model.policy import AdmissionRequest, GroupVersionKind, GroupVersionResource, Object, Operation, UserInfo

VERSIONS = ("admission.k8s.io/v1", "admission.k8s.io/v1beta1")
_REASONS = {400: "BadRequest", 403: "Forbidden", 422: "Invalid"}
"""Of Kubernetes' own, by the code of a refusal."""


def request(review: Object) -> AdmissionRequest:
    """The request in an AdmissionReview, or that `review` itself is; raises `Malformed` for what is neither."""
    inner = review.get("request", review)
    if not isinstance(inner, dict):
        raise Malformed("the admission review has no request")
    kind, resource = _object(inner, "kind"), _object(inner, "resource")
    found, old = _optional(inner, "object"), _optional(inner, "oldObject")
    named = GroupVersionKind(_text(kind, "group"), _text(kind, "version"), _text(kind, "kind"))
    found, old = _of_kind(found, named), _of_kind(old, named)
    return AdmissionRequest(
        uid=_text(inner, "uid"),
        kind=named if named.kind else GroupVersionKind.of(found or old or {}),
        resource=GroupVersionResource(
            _text(resource, "group"), _text(resource, "version"), _text(resource, "resource")
        ),
        operation=_operation(inner),
        name=_text(inner, "name"),
        namespace=_text(inner, "namespace"),
        sub_resource=_text(inner, "subResource"),
        object=found,
        old_object=old,
        user=user_info(_object(inner, "userInfo")),
        dry_run=inner.get("dryRun") is True,
        options=_optional(inner, "options"),
        raw=inner,
    )


def _of_kind(item: Object | None, named: GroupVersionKind) -> Object | None:
    """The object, which the API server sends with the kind that the request names; policies go by either."""
    if item is None or not named.kind:
        return item
    said = item.get("kind")
    if not said:
        version = f"{named.group}/{named.version}" if named.group else named.version
        return {"apiVersion": version, "kind": named.kind, **{key: item[key] for key in item if key != "kind"}}
    if said != named.kind:
        raise Malformed(f"the admission request is about a {named.kind:.80} and holds a {said!s:.80}")
    return item


def user_info(value: Object) -> UserInfo:
    """A ``userInfo`` object."""
    extra = value.get("extra")
    return UserInfo(
        username=_text(value, "username"),
        uid=_text(value, "uid"),
        groups=_texts(value.get("groups")),
        extra={str(key): _texts(item) for key, item in extra.items()} if isinstance(extra, dict) else {},
    )


def _operation(value: Object) -> Operation:
    text = value.get("operation") or "CREATE"
    try:
        return Operation(text)
    except ValueError:
        raise Malformed(f"the admission request's operation is {text!r:.80}") from None


def _text(value: Object, key: str) -> str:
    found = value.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise Malformed(f"{key} of the admission request is no text")
    return found


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _object(value: Object, key: str) -> Object:
    return _optional(value, key) or {}


def _optional(value: Object, key: str) -> Object | None:
    found = value.get(key)
    if found is not None and not isinstance(found, dict):
        raise Malformed(f"{key} of the admission request is no object")
    return found


def answer(review: Object, uid: str, decision: Decision, original: Object | None = None) -> Object:
    """The AdmissionReview that answers `review`: its version, its `uid`, and the decision.

    `original` is the object that a patch is made against.
    """
    response: Object = {"uid": uid, "allowed": decision.allowed}
    if not decision.allowed:
        reason = _REASONS.get(decision.code, "InternalError")
        response["status"] = {
            "status": "Failure",
            "code": decision.code,
            "reason": reason,
            "message": decision.message or "denied",
        }
    elif (
        decision.patched is not None and original is not None and (patch := json_patch.diff(original, decision.patched))
    ):
        response["patchType"] = "JSONPatch"
        response["patch"] = base64.b64encode(json_bytes.encode(patch)).decode()
    if decision.warnings:
        response["warnings"] = list(decision.warnings)
    if decision.annotations:
        response["auditAnnotations"] = dict(decision.annotations)
    version = review.get("apiVersion")
    known = version if version in VERSIONS else VERSIONS[0]
    return {"apiVersion": known, "kind": "AdmissionReview", "response": response}
