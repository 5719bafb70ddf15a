"""Kyverno's classic policies, queries, variables, patterns and tests: what is refused is refused by our own errors."""

from __future__ import annotations

import json
from functools import partial

from assay.engines.policy.kyverno import conditions, loading, operators
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.substitution import text as filled
from assay.engines.policy.kyverno_test import testing
from assay.engines.policy.queries.search import search
from assay.engines.policy.world import World
from assay.errors import AssayError
from assay.formats import manifest
from assay.model.policy import AdmissionRequest, GroupVersionKind, GroupVersionResource, Operation

_POLICY = b"""apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: p}
spec:
  rules:
  - name: a
    match: {any: [{resources: {kinds: [Pod]}}]}
    context: [{name: x, variable: {jmesPath: "request.object.metadata.labels.a", default: "1h"}}]
    preconditions: {all: [{key: "{{ x }}", operator: LessThan, value: 2h}]}
    validate: {pattern: {spec: {"=(volumes)": [{"X(hostPath)": "null"}],
      containers: [{"(name)": "*", image: "!*:x | 1-5"}]}}}
  - name: b
    match: {any: [{resources: {kinds: [Pod]}}]}
    mutate: {patchStrategicMerge: {metadata: {labels: {"+(b)": "{{ x }}"}},
      spec: {containers: [{"(image)": "*", "+(a)": 1}]}}}
  - name: c
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate: {foreach: [{list: "request.object.spec.containers", deny: {conditions: {any: [{key: "{{element.image}}",
      operator: AnyIn, value: ["a*"]}]}}}]}
  - name: d
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate: {podSecurity: {level: restricted, exclude: [{controlName: Seccomp}]}}
"""
_JSON_PATCH = b"""apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: p}
spec: {rules: [{name: a, match: {any: [{resources: {kinds: ["*"]}}]},
  mutate: {patchesJson6902: "- {op: add, path: /a/-1, value: 1}"}}]}
"""
_TEST = b"""apiVersion: cli.kyverno.io/v1alpha1
kind: Test
metadata: {name: t}
policies: [p]
resources: [p]
results: [{policy: p, rule: a, kind: Pod, resources: [a], result: pass}]
---
"""
SEEDS: list[bytes] = [
    _POLICY,
    _JSON_PATCH,
    _TEST + _POLICY,
    b"items(request.object.metadata.labels, 'k', 'v')[?starts_with(k, 'a')].v | [0] || add('1Gi', '1h')",
    b"time_since('', '2021-01-02T15:04:05Z', '2021-01-10T03:14:05-07:00') == `\"1h\"`",
    b"x{{ request.{{ y }}.metadata }} \\{{ z }} $(./../a)",
    b">=1.5Gi & <4Gi | !a* | 1h !- 2h",
]
_OBJECT = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a", "namespace": "n", "labels": {"a": "b"}},
    "spec": {"containers": [{"name": "a", "image": "x:1"}], "volumes": [{"name": "v", "emptyDir": {}}]},
}
_REQUEST = AdmissionRequest(
    "1",
    GroupVersionKind("", "v1", "Pod"),
    GroupVersionResource("", "v1", "pods"),
    Operation.CREATE,
    "a",
    "n",
    object=_OBJECT,
)


def run(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    _texts(text)
    try:
        found = manifest.read(data, "f")
    except AssayError:
        return
    for item in found:
        if loading.is_policy(item.object):
            try:
                policy = loading.load(item, found)
            except AssayError:
                continue
            results = policy.mutate(_REQUEST, World()) + policy.validate(_REQUEST, World())
            json.dumps([result.patched for result in results])
    if testing.takes("kyverno-test.yaml", data):
        try:
            list(testing.run("f", lambda path: data))
        except AssayError:
            return


def _texts(text: str) -> None:
    scope = Scope(World(), {"request": {"object": _OBJECT, "operation": "CREATE"}, "y": "object", "k": text})
    for read in (scope.query, partial(filled, scope=scope), partial(search, data={"request": _OBJECT, "k": text})):
        try:
            read(text)
        except AssayError:
            continue
    for value in (text, 5, "1h", None, True, 1.5):
        operators.holds(value, text)
        for operator in ("Equals", "AnyIn", "LessThan"):
            conditions.holds(value, operator, text)
