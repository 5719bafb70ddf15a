"""Policies in CEL (`kubernetes`, `kyverno_cel`): loaded or refused, and evaluated without a fault of ours."""

from __future__ import annotations

import json
from dataclasses import replace

from assay.engines.policy import deciding
from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.kubernetes import language as kubernetes
from assay.engines.policy.kubernetes.loading import load as load_unbound
from assay.engines.policy.kyverno_cel import language as kyverno
from assay.engines.policy.world import World
from assay.errors import AssayError
from assay.formats.manifest import Manifest
from assay.model.policy import AdmissionRequest, GroupVersionKind, GroupVersionResource, Object, Operation

POD: Object = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a", "namespace": "n", "labels": {"a": "b"}},
    "spec": {"containers": [{"name": "a", "image": "a:1"}]},
}
_MATCH = {
    "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
}
_MERGE = (
    "Object{spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{name: c.name, x: 1})}}"
)


def _policy(group: str, kind: str, spec: dict[str, object]) -> bytes:
    item = {
        "apiVersion": f"{group}/v1",
        "kind": kind,
        "metadata": {"name": "p"},
        "spec": {"matchConstraints": _MATCH, **spec},
    }
    return json.dumps([item]).encode()


SEEDS: list[bytes] = [
    _policy(
        "policies.kyverno.io",
        "ValidatingPolicy",
        {
            "matchConditions": [{"name": "c", "expression": "has(object.metadata.labels)"}],
            "variables": [{"name": "v", "expression": "object.spec.containers.map(c, c.image)"}],
            "validations": [{"expression": "variables.v.all(i, i != '')", "messageExpression": "'m' + variables.v[0]"}],
            "autogen": {"podControllers": {"controllers": ["deployments", "cronjobs"]}},
            "evaluation": {"mode": "Kubernetes", "admission": {"enabled": True}},
            "auditAnnotations": [{"key": "k", "valueExpression": "object.metadata.name"}],
            "validationActions": ["Audit"],
        },
    ),
    _policy(
        "policies.kyverno.io",
        "MutatingPolicy",
        {"mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": _MERGE}}]},
    ),
    _policy(
        "policies.kyverno.io",
        "ImageValidatingPolicy",
        {
            "matchImageReferences": [{"glob": "*"}, {"expression": "ref != ''"}],
            "attestors": [{"name": "a", "cosign": {"key": {"data": "PEM"}, "ctlog": {"insecureIgnoreTlog": True}}}],
            "attestations": [{"name": "s", "intoto": {"type": "t"}}],
            "validations": [{"expression": "images.containers.all(i, verifyImageSignatures(i, [attestors.a]) > 0)"}],
            "validationConfigurations": {"mutateDigest": False, "verifyDigest": False, "required": True},
        },
    ),
    _policy(
        "policies.kyverno.io", "GeneratingPolicy", {"generate": [{"expression": "generator.Apply('n', [object])"}]}
    ),
    _policy(
        "policies.kyverno.io",
        "DeletingPolicy",
        {"schedule": "* * * * *", "conditions": [{"name": "c", "expression": "true"}]},
    ),
    _policy(
        "admissionregistration.k8s.io",
        "MutatingAdmissionPolicy",
        {
            "mutations": [
                {
                    "patchType": "JSONPatch",
                    "jsonPatch": {"expression": "[JSONPatch{op: 'add', path: '/metadata/labels/x', value: 'y'}]"},
                }
            ],
            "reinvocationPolicy": "IfNeeded",
        },
    ),
    _policy(
        "admissionregistration.k8s.io",
        "ValidatingAdmissionPolicy",
        {
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "failurePolicy": "Ignore",
            "validations": [{"expression": "object.spec.containers.size() < 5", "reason": "Invalid"}],
        },
    ),
    b'[{"apiVersion":"policies.kyverno.io/v1","kind":"PolicyException","spec":{"policyRefs":[{"name":"p","kind":"ValidatingPolicy"}],'
    b'"expiresAt":"2027-01-01T00:00:00Z","images":["a*"]}}]',
]
_REQUEST = AdmissionRequest(
    "u",
    GroupVersionKind("", "v1", "Pod"),
    GroupVersionResource("", "v1", "pods"),
    Operation.CREATE,
    "a",
    "n",
    object=POD,
)


def run(data: bytes) -> None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return
    judge(found, POD)


def judge(found: object, item: Object) -> None:
    """Hold an object to the policies among `found`."""
    items = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    manifests = [Manifest(item, "f", 1) for item in items]
    world = World(cluster=GivenCluster([POD]))
    policies = [*kyverno.load([m for m in manifests if kyverno.takes(GroupVersionKind.of(m.object))])[0]]
    mine = [m for m in manifests if kubernetes.takes(GroupVersionKind.of(m.object))]
    kubernetes.load(mine)
    for manifest in mine:
        try:
            policies.append(load_unbound(manifest, mine, unbound=True))
        except AssayError:
            continue
    decided = deciding.whole(policies, replace(_REQUEST, object=item), world)
    assert not [result for result in decided.results if "fault of assay" in result.message], decided.results
