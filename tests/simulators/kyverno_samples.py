"""What the tests of Kyverno's classic policies share: a policy out of rules, and what it says of an object."""

from __future__ import annotations

import json
from typing import Any

from assay.engines.policy.kyverno.loading import load
from assay.engines.policy.kyverno.policy import ClassicPolicy
from assay.engines.policy.world import World
from assay.formats.manifest import Manifest
from assay.model.policy import AdmissionRequest, RuleResult
from simulators.native_samples import request

Object = dict[str, Any]
PODS: Object = {"any": [{"resources": {"kinds": ["Pod"]}}]}


def classic(
    *rules: Object, kind: str = "ClusterPolicy", others: list[Object] | None = None, **spec: Any
) -> ClassicPolicy:
    """A policy of `rules`, each about pods unless it says otherwise."""
    about = {"name": "p", **spec.pop("metadata", {})}
    named = [{"name": f"r{number}", "match": PODS, **rule} for number, rule in enumerate(rules)]
    item = {"apiVersion": "kyverno.io/v1", "kind": kind, "metadata": about, "spec": {"rules": named, **spec}}
    manifests = [Manifest(json.loads(json.dumps(one)), "p.yaml", number) for number, one in enumerate(others or [], 2)]
    return load(Manifest(json.loads(json.dumps(item)), "p.yaml", 1), manifests)


def asked(item: Object | AdmissionRequest, *rules: Object, world: World | None = None, **spec: Any) -> list[RuleResult]:
    """What the rules that judge say, those for controllers left out where they are not about it."""
    wanted = item if isinstance(item, AdmissionRequest) else request(item)
    return list(classic(*rules, **spec).validate(wanted, world or World()))


def outcomes(item: Object | AdmissionRequest, *rules: Object, world: World | None = None, **spec: Any) -> list[str]:
    """As `asked`, the outcomes only."""
    return [str(result.outcome) for result in asked(item, *rules, world=world, **spec)]


def changed(item: Object, *rules: Object, world: World | None = None, **spec: Any) -> Object:
    """The object as the rules leave it."""
    found = classic(*rules, **spec).mutate(request(item), world or World())
    faults = [result.message for result in found if result.outcome == "error"]
    assert not faults, faults
    return next((result.patched for result in reversed(found) if result.patched is not None), item)
