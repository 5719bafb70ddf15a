"""Policy reports: PolicyReport (wgpolicyk8s.io/v1alpha2) and Report (openreports.io/v1alpha1), one for each object.

::

    apiVersion: wgpolicyk8s.io/v1alpha2
    kind: PolicyReport
    metadata: {name: assay-487df031-..., namespace: shop, labels: {app.kubernetes.io/managed-by: assay},
               ownerReferences: [{apiVersion: v1, kind: Pod, name: app, uid: 487df031-...}]}
    scope: {apiVersion: v1, kind: Pod, name: app, namespace: shop, uid: 487df031-...}
    summary: {pass: 1, fail: 1, warn: 0, error: 0, skip: 0}
    results: [{source: assay, policy: AssayPolicy/release, rule: signedBy, result: fail, severity: high, ...}]

It belongs to its object, and goes with it. Results beyond `MAX_RESULTS` are counted in the summary and left out, those
that passed first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assay.formats import json_bytes
from assay.model.policy import GroupVersionKind, Object, Outcome

SOURCE = "assay"
MANAGED = {"app.kubernetes.io/managed-by": SOURCE}
FINGERPRINT = "assay.dev/fingerprint"
MAX_RESULTS = 250
MAX_BYTES = 1 << 20
MAX_MESSAGE = 1024
MAX_PROPERTY = 512
MAX_PROPERTIES = 20
SEVERITIES = ("critical", "high", "medium", "low", "info")
_WORST = (Outcome.FAIL, Outcome.ERROR, Outcome.WARN, Outcome.SKIP, Outcome.PASS)


@dataclass(frozen=True, slots=True)
class Api:
    """One of the two groups, with its kinds for objects in namespaces and for others."""

    namespaced: GroupVersionKind
    cluster: GroupVersionKind

    def kind(self, namespace: str) -> GroupVersionKind:
        """The kind of the report on an object."""
        return self.namespaced if namespace else self.cluster


WORKING_GROUP = Api(
    GroupVersionKind("wgpolicyk8s.io", "v1alpha2", "PolicyReport"),
    GroupVersionKind("wgpolicyk8s.io", "v1alpha2", "ClusterPolicyReport"),
)
OPEN_REPORTS = Api(
    GroupVersionKind("openreports.io", "v1alpha1", "Report"),
    GroupVersionKind("openreports.io", "v1alpha1", "ClusterReport"),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What one rule says of the object; an empty `severity` or `category` is left out."""

    policy: str
    rule: str
    outcome: Outcome
    message: str = ""
    severity: str = ""
    category: str = ""
    scored: bool = True
    properties: tuple[tuple[str, str], ...] = ()


def name_of(uid: str) -> str:
    """The name of the report on the object with that uid; other engines' reports have the uid alone."""
    return f"{SOURCE}-{uid}"


def write(api: Api, item: Object, results: Sequence[Result], now: datetime) -> Object:
    """The report on an object."""
    metadata: Any = item.get("metadata") or {}
    namespace, uid = str(metadata.get("namespace") or ""), str(metadata.get("uid") or "")
    reference = {"apiVersion": item.get("apiVersion"), "kind": item.get("kind"), "name": metadata.get("name")}
    kind = api.kind(namespace)
    stamp = {"seconds": int(now.timestamp()), "nanos": 0}
    scope = {**reference, **({"namespace": namespace} if namespace else {}), "uid": uid}
    content: Object = {"scope": scope, "summary": summary(results), "results": _bounded(list(_results(results)))}
    about: Object = {
        "name": name_of(uid),
        "labels": MANAGED,
        "annotations": {FINGERPRINT: hashlib.sha256(json_bytes.encode(content)).hexdigest()[:32]},
        "ownerReferences": [{**reference, "uid": uid}],
    }
    if namespace:
        about["namespace"] = namespace
    content["results"] = [{**result, "timestamp": stamp} for result in content["results"]]
    source = {"source": SOURCE} if api is OPEN_REPORTS else {}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": about, **source, **content}


def fingerprint(report: Object) -> str:
    """What tells reports apart that say something else; empty where nothing is said of it."""
    metadata = report.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    found = annotations.get(FINGERPRINT) if isinstance(annotations, dict) else None
    return found if isinstance(found, str) else ""


def summary(results: Sequence[Result]) -> dict[str, int]:
    """How many of each."""
    found = {str(outcome): 0 for outcome in (Outcome.PASS, Outcome.FAIL, Outcome.WARN, Outcome.ERROR, Outcome.SKIP)}
    for result in results:
        found[_said(result)] += 1
    return found


def _bounded(results: list[Object]) -> list[Object]:
    """As many as an object of the API may hold, from the worst."""
    while len(json_bytes.encode([*results])) > MAX_BYTES:
        results = results[: len(results) // 2]
    return results


def _said(result: Result) -> str:
    """A violation of what is not scored is a warning."""
    return str(Outcome.WARN if result.outcome is Outcome.FAIL and not result.scored else result.outcome)


def _results(results: Sequence[Result]) -> Iterator[Object]:
    for result in sorted(results, key=lambda one: (_WORST.index(one.outcome), one.policy, one.rule))[:MAX_RESULTS]:
        found: Object = {"source": SOURCE, "policy": result.policy, "rule": result.rule, "result": _said(result)}
        found["scored"] = result.scored
        if result.message:
            found["message"] = result.message[:MAX_MESSAGE]
        if result.severity in SEVERITIES:
            found["severity"] = result.severity
        if result.category:
            found["category"] = result.category[:MAX_PROPERTY]
        if result.properties:
            found["properties"] = {key: value[:MAX_PROPERTY] for key, value in result.properties[:MAX_PROPERTIES]}
        yield found
