"""Admissions as the controller records them, to be asked again of other policies: a JSON document in a line each.

The form, version 1::

    {"version": 1, "time": "2026-11-26T20:11:04.120Z", "action": "deny", "verdict": "fail",
     "failed": [["AssayPolicy/release", "signedBy"]],
     "request": {"uid": "705ab4f5-...", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "resource": {...},
                 "operation": "CREATE", "namespace": "shop", "name": "app", "userInfo": {...}, "object": {...}}}

`request` is the AdmissionReview request as `assay.formats.admission_review.request` reads it, made smaller: no
``managedFields``, no last-applied annotation, no data of Secrets (``data`` and ``stringData`` keep their keys, with
empty values), and an old object only where that leaves the line below `MAX_LINE`. What is still larger is kept without
its objects, with ``"cut": true``: it can be counted and not asked again. `failed` are the policies and rules that said
no, as far as they are no more than `MAX_FAILED`. Dry runs are never recorded.

In the data directory they are files ``admission/requests/TIME.jsonl.gz`` (`assay.adapters.recorded_admissions`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assay.errors import Malformed
from assay.formats import admission_review, json, json_bytes
from assay.model.decision import Decision
from assay.model.policy import AdmissionRequest, Object, Outcome

VERSION = 1
MAX_LINE = 256 << 10
MAX_FAILED = 50
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SECRET = ("data", "stringData")


@dataclass(frozen=True, slots=True)
class RecordedAdmission:
    """One line: what was asked, when (RFC 3339, UTC), and what was answered; `cut` where its objects are missing."""

    time: str
    action: str
    verdict: str
    failed: tuple[tuple[str, str], ...]
    request: AdmissionRequest
    cut: bool = False


def write(time: str, request: AdmissionRequest, decision: Decision) -> bytes:
    """The line, with its end."""
    failed = [[item.policy, item.rule] for item in decision.results if item.outcome in (Outcome.FAIL, Outcome.ERROR)]
    line: Object = {
        "version": VERSION,
        "time": time,
        "action": decision.action,
        "verdict": decision.verdict,
        "failed": failed[:MAX_FAILED],
    }
    for request_part in _smaller(request):
        data = json_bytes.encode({**line, **request_part}) + b"\n"
        if len(data) <= MAX_LINE:
            return data
    return json_bytes.encode({**line, "cut": True, "request": {"uid": request.uid[:64], "operation": "CREATE"}}) + b"\n"


def read(line: bytes) -> RecordedAdmission:
    """Raises `Malformed` for what is no such line."""
    if len(line) > MAX_LINE + 1:
        raise Malformed(f"a recorded admission of {len(line)} bytes is too long (at most {MAX_LINE})")
    found = json.load_object(line)
    if found.get("version") != VERSION:
        raise Malformed(f"a recorded admission of version {found.get('version')!r:.20}", "read it with a newer assay")
    inner: Any = found.get("request")
    if not isinstance(inner, dict):
        raise Malformed("a recorded admission without a request")
    request = admission_review.request(inner)
    return RecordedAdmission(
        str(found.get("time", "")),
        str(found.get("action", "")),
        str(found.get("verdict", "")),
        tuple(_pairs(found.get("failed"))),
        request,
        found.get("cut") is True,
    )


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    for item in value if isinstance(value, list) else ():
        if isinstance(item, list) and len(item) == 2:
            yield str(item[0]), str(item[1])


def _smaller(request: AdmissionRequest) -> Iterator[Object]:
    """The request in ever smaller forms."""
    head: Object = {
        "uid": request.uid,
        "kind": request.kind._asdict(),
        "resource": request.resource._asdict(),
        "operation": str(request.operation),
        "namespace": request.namespace,
        "name": request.name,
        "userInfo": _user(request),
    }
    if request.sub_resource:
        head["subResource"] = request.sub_resource
    objects = {"object": lean(request.object), "oldObject": lean(request.old_object)}
    present = {key: item for key, item in objects.items() if item is not None}
    yield {"request": {**head, **present}}
    if request.object is not None:
        yield {"request": {**head, "object": present["object"]}}
    yield {"cut": True, "request": head}


def _user(request: AdmissionRequest) -> Object:
    user = request.user
    found: Object = {"username": user.username, "groups": list(user.groups)}
    if user.uid:
        found["uid"] = user.uid
    if user.extra:
        found["extra"] = {key: list(values) for key, values in user.extra.items()}
    return found


def lean(item: Object | None) -> Object | None:
    """An object without what is long, secret or of no interest to policies."""
    if item is None:
        return None
    metadata = item.get("metadata")
    if isinstance(metadata, dict):
        item = {**item, "metadata": _metadata(metadata)}
    if item.get("kind") == "Secret":
        item = {key: _emptied(value) if key in _SECRET else value for key, value in item.items()}
    return item


def _metadata(metadata: Object) -> Object:
    found = {key: value for key, value in metadata.items() if key != "managedFields"}
    annotations = found.get("annotations")
    if isinstance(annotations, dict) and _LAST_APPLIED in annotations:
        found["annotations"] = {key: value for key, value in annotations.items() if key != _LAST_APPLIED}
    return found


def _emptied(value: Any) -> Any:
    return dict.fromkeys(value, "") if isinstance(value, dict) else None
