"""Gatekeeper's objects, their Rego, locations and suites: what is refused is refused by our own errors."""

from __future__ import annotations

from assay.engines.policy.gatekeeper import image_parts, loading
from assay.engines.policy.gatekeeper.engine import ConstraintPolicy
from assay.engines.policy.gatekeeper.locations import parse
from assay.engines.policy.gatekeeper.reviews import of_object
from assay.engines.policy.gatekeeper.suite import SuiteRunner, is_suite
from assay.engines.policy.rego.repairing import repaired, tokens
from assay.engines.policy.world import World
from assay.errors import AssayError
from assay.formats import manifest

_TEMPLATE = b"""apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8sdenied}
spec:
  crd: {spec: {names: {kind: K8sDenied}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package k8sdenied
      violation[{"msg": msg}] {
        not f(input.review.object.metadata.name, input.parameters.x)
        msg := sprintf("%5.1f %v", [1.5, input.review.kind])
      } { msg := "x" }
      f(a, _) { a == "bob" }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sDenied
metadata: {name: no-bob}
spec:
  match: {kinds: [{apiGroups: [""], kinds: [Pod]}], labelSelector: {matchLabels: {a: b}}}
  parameters: {x: [1]}
"""
_MUTATOR = b"""apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: m}
spec:
  applyTo: [{groups: [""], versions: [v1], kinds: [Pod]}]
  location: "spec.containers[name: *].x"
  parameters: {pathTests: [{subPath: spec.containers, condition: MustExist}], assign: {value: 1}}
---
apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: e}
spec: {applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}], templateSource: spec.template,
  generatedGVK: {kind: Pod, group: "", version: v1}}
"""
_SUITE = b"""kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
tests: [{name: a, template: t, constraint: c, cases: [{name: b, object: o, assertions: [{violations: yes}]}]}]
"""
SEEDS: list[bytes] = [_TEMPLATE, _MUTATOR, _SUITE, b'spec.c["a b": 3].d', b"r.example:5000/a/b@sha256:ab"]
_OBJECT = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"a": "b"}}, "spec": {}}


def run(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    _texts(text)
    try:
        found = manifest.read(data, "f")
    except AssayError:
        return
    policies, _ = loading.load(found)
    for policy in policies:
        if isinstance(policy, ConstraintPolicy) and len(text) < 2000:
            try:
                policy.review(of_object(_OBJECT, World()), World(), known={})
            except AssayError:
                continue
    for item in found:
        if is_suite(item.object):
            try:
                list(SuiteRunner(lambda path: data).run(item))
            except AssayError:
                continue


def _texts(text: str) -> None:
    assert all(text[token.start : token.end] == token.text for token in tokens(text))
    assert str(image_parts.split(text)) == text
    for read in (repaired, parse):
        try:
            read(text)
        except AssayError:
            continue
