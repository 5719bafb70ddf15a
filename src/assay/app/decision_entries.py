"""A decision as people and machines read it later: a line of the decision log, a document of the evidence store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assay.engines.policy.native import containers
from assay.errors import AssayError
from assay.model.policy import AdmissionRequest, Object, RuleResult

if TYPE_CHECKING:
    from assay.app.companions import Decided

MAX_RESULTS = 500
MAX_TEXT = 8192


def entry(told: Decided) -> Object:
    """Everything that is said of a decision: who asked for what, and each result with its reason."""
    request, decision = told.request, told.decision
    known: dict[str, list[str]] = {}
    for proof in dict.fromkeys(told.proofs):
        known.setdefault(proof.image, []).append(proof.evidence)
    found: Object = {
        "time": told.time,
        "uid": request.uid,
        "operation": str(request.operation),
        "kind": request.kind.kind,
        "apiVersion": request.kind.api_version,
        "namespace": request.namespace,
        "name": name(request),
        "user": request.user.username,
        "verdict": decision.verdict,
        "action": decision.action,
        "milliseconds": round(told.seconds * 1000, 3),
        "results": [_result(item, known) for item in decision.results[:MAX_RESULTS]],
    }
    if request.sub_resource:
        found["subResource"] = request.sub_resource
    if told.images:
        found["images"] = dict(told.images)
    if told.proofs:
        found["evidence"] = list(dict.fromkeys(proof.evidence for proof in told.proofs))
    if len(decision.results) > MAX_RESULTS:
        found["resultsLeftOut"] = len(decision.results) - MAX_RESULTS
    if not decision.allowed and not decision.results:
        found["message"] = decision.message[:MAX_TEXT]
    return found


def _result(item: RuleResult, known: Mapping[str, list[str]]) -> Object:
    """What one rule said: `details` has what was found and wanted, and what mends it; `known` is evidence by image."""
    found: Object = {
        "policy": item.policy,
        "rule": item.rule,
        "outcome": str(item.outcome),
        "action": str(item.action),
        "message": item.message[:MAX_TEXT],
        "details": {key: value for key, value in item.details.items() if value},
    }
    if evidence := known.get(str(item.details.get("digest"))):
        found["evidence"] = evidence
    return found


def images(request: AdmissionRequest, known: Mapping[str, str]) -> dict[str, str]:
    """Digests of the images that the object names: those in their names, and those that tags stand for."""
    found: dict[str, str] = {}
    try:
        for used in containers.images(request.object or request.old_object):
            if digest := known.get(used.text) or used.reference().digest:
                found[used.text] = digest
    except AssayError:
        return found  # what is no image was told by the policies
    return found


def name(request: AdmissionRequest) -> str:
    """The object's name; of one that gets its name later, the beginning."""
    if request.name:
        return request.name
    metadata: Any = (request.object or request.old_object or {}).get("metadata")
    about = metadata if isinstance(metadata, dict) else {}
    return str(about.get("name") or about.get("generateName") or "")
