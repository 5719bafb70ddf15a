"""What `assay policy simulate` and `rollout` read: audit events, reviews, policies that are changed in place, statuses.

The first byte picks the reader.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

from assay.app import policy_rollout, recorded_requests, told_rollouts
from assay.app.simulated_counts import Tally
from assay.engines.policy import deciding
from assay.engines.policy.native import workloads
from assay.errors import AssayError
from assay.formats import audit_event, json, manifest, yaml_edit
from assay.formats.recorded_admission import RecordedAdmission
from assay.report import simulation
from assay.report.console import Style
from assay.report.html import simulation as page

_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_EVENT = b"""{"kind": "Event", "apiVersion": "audit.k8s.io/v1", "stage": "ResponseComplete", "verb": "patch", "user":
 {"username": "u"}, "objectRef": {"resource": "pods", "namespace": "a", "name": "p", "apiVersion": "v1"}, "requestURI":
 "/api", "responseStatus": {"code": 201, "message": "denied the request"}, "requestObject": {}, "responseObject":
 {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p"}}, "requestReceivedTimestamp": "2026-11-02T10:00:00Z"}"""
_REVIEW = b"""{"time": "2026-01-01T00:00:00Z", "response": {"allowed": false}, "request": {"uid": "1", "operation":
 "CREATE", "object": {"kind": "Pod", "metadata": {"name": "p", "ownerReferences": [{"controller": true}]}}}}"""
_POLICY = b"""# a
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: a}
spec:
  registries: [a.example]  # b
  rollout:
    hold: {since: 2026-01-01, reason: x}
    grace: 30d
    stages:
      - namespaces: [b]
        auditUntil: 2026-12-01
    gates: [{noNewViolationFor: 1d}]
"""
_STATUS = b"""{"demands": "a", "stages": [{"stage": "* 100%", "observed": "2026-01-01T00:00:00Z", "by": "x"}],
 "violations": [{"stage": "* 100%", "namespace": "b", "workloads": 3, "last": "2026-01-01T00:00:00Z"}]}"""
SEEDS: list[bytes] = [b"\x00" + _EVENT, b"\x01" + _REVIEW, b"\x02" + _POLICY, b"\x03" + _STATUS]


def run(data: bytes) -> None:
    if not data:
        return
    with contextlib.suppress(AssayError):
        _READERS[data[0] % len(_READERS)](data[1:])


def _event(data: bytes) -> None:
    found = audit_event.read(data)
    if found is not None:
        _counted(found)


def _review(data: bytes) -> None:
    _counted(recorded_requests.review(json.load_object(data)))


def _counted(found: RecordedAdmission) -> None:
    tally = Tally()
    workload = workloads.workload(found.request, None)
    tally.add(workload, found.time, found.action, deciding.decide(()))
    result = tally.simulation(_NOW, 1, (found.time,), 0)
    simulation.table(result, Style())
    simulation.as_json(result)
    page.write(result)


def _policy(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    item = policy_rollout.find(manifest.read(text, "fuzz.yaml"))[0]
    policy_rollout.status(item, policy_rollout.Known(), _NOW)
    with contextlib.suppress(AssayError):
        changed = policy_rollout.advance(item, policy_rollout.Known(), _NOW, reason="x", force=True)
        yaml_edit.replaced(text, "fuzz.yaml", item.manifest.line, ("spec", "rollout"), changed.rollout)
    again = policy_rollout.release if item.policy.hold is not None else None
    if again is None:
        changed = policy_rollout.hold(item, _NOW, "x: 'y' #z")
    else:
        changed = again(item, _NOW, policy_rollout.Known())
    yaml_edit.replaced(text, "fuzz.yaml", item.manifest.line, ("spec", "rollout"), changed.rollout)


def _status(data: bytes) -> None:
    value = json.load_object(data)
    told = told_rollouts.ToldRollouts([{"metadata": {"name": "a"}, "status": {"rollout": value}}])
    told.broken("a")
    told_rollouts.records(value)


_READERS = (_event, _review, _policy, _status)
