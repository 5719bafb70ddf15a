"""CleanupPolicy: what it takes, in which namespace, under which conditions; what is refused when it is loaded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from assay.engines.policy.kyverno import cleanup
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.formats.manifest import Manifest
from assay.model.policy import Outcome
from simulators.native_samples import pod

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SPEC = """
schedule: "*/5 * * * *"
match: {any: [{resources: {kinds: [Pod]}}]}
exclude: {any: [{resources: {names: [kept]}}]}
conditions:
  all: [{key: "{{ time_since('', '{{ target.metadata.creationTimestamp }}', '') }}", operator: GreaterThan, value: 24h}]
"""


def policy(kind: str = "ClusterCleanupPolicy", **changes: Any) -> cleanup.CleanupPolicy:
    spec = {**yaml.safe_load(SPEC), **changes}
    about = {"name": "old", "namespace": "shop"} if kind == "CleanupPolicy" else {"name": "old"}
    item: dict[str, Any] = {"apiVersion": "kyverno.io/v2", "kind": kind, "metadata": about, "spec": spec}
    return cleanup.load(Manifest(item, "p.yaml", 1))


def outcome(found: cleanup.CleanupPolicy, item: dict[str, Any]) -> Outcome | None:
    result = found.deletes(item, World(now=lambda: NOW))
    return result.outcome if result is not None else None


def test_what_is_old_is_deleted() -> None:
    old, young = "2026-11-24T12:00:00Z", "2026-11-26T11:00:00Z"
    assert outcome(policy(), pod("a", creationTimestamp=old)) is Outcome.PASS
    assert outcome(policy(), pod("a", creationTimestamp=young)) is Outcome.FAIL
    assert outcome(policy(), pod("a", name="kept", creationTimestamp=old)) is None
    assert outcome(policy(), {**pod("a", creationTimestamp=old), "kind": "Service"}) is None
    assert outcome(policy(), pod("a")) is Outcome.ERROR


def test_one_of_a_namespace_deletes_there_only() -> None:
    found = policy("CleanupPolicy", conditions=None)
    assert outcome(found, pod("a")) is Outcome.PASS
    assert outcome(found, pod("a", namespace="other")) is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schedule": "often"}, "schedule"),
        ({"schedule": None}, "schedule"),
        ({"match": {}}, "match"),
        (
            {"match": {"any": [{"resources": {"kinds": ["Pod"]}, "subjects": [{"kind": "User", "name": "a"}]}]}},
            "subjects",
        ),
        ({"rules": []}, "rules"),
        ({"deletionPropagationPolicy": "Never"}, "deletionPropagationPolicy"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_field(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Malformed, match=told):
        policy(**changes)
