"""``checks`` of Kyverno's tests, and what answers to Kyverno's kinds say of who denied and what mends it."""

from __future__ import annotations

from typing import Any

import pytest

from assay.engines.policy import deciding
from assay.engines.policy.kyverno import loading as classic
from assay.engines.policy.kyverno_cel import loading as cel
from assay.engines.policy.kyverno_test import checks, testing
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.formats.manifest import Manifest
from simulators.native_samples import pod, request

POLICY = """apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: labels}
spec:
  rules:
  - name: app
    match: {any: [{resources: {kinds: [Pod]}}]}
    validate: {failureAction: Enforce, message: app is missing, pattern: {metadata: {labels: {app: "?*"}}}}
"""
PODS = """{apiVersion: v1, kind: Pod, metadata: {name: good, labels: {app: a}}, spec: {containers: []}}
---
{apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {containers: []}}
"""
TEST = """apiVersion: cli.kyverno.io/v1alpha1
kind: Test
metadata: {name: checked}
policies: [policy.yaml]
resources: [pods.yaml]
results: []
checks:
"""


def results(stanza: str) -> list[tuple[str, str]]:
    """Outcome and message of each row."""
    files = {"policy.yaml": POLICY, "pods.yaml": PODS, "kyverno-test.yaml": TEST + stanza}
    return [(row.outcome, row.message) for row in testing.run("kyverno-test.yaml", lambda name: files[name].encode())]


def test_checks_are_about_what_they_match() -> None:
    about = "- match: {resource: {metadata: {name: %s}}, policy: {kind: ClusterPolicy}, rule: {name: app}}\n"
    assert results(about % "good" + "  assert: {status: pass}\n  error: {\"(status != 'pass')\": true}\n") == [
        ("pass", "")
    ]
    ((outcome, message),) = results(about % "bad" + "  assert: {status: pass}\n")
    assert outcome == "fail" and "wanted 'pass', found 'fail'" in message
    assert results(about % "bad" + "  assert: {\"(contains(message, 'missing'))\": true}\n") == [("pass", "")]
    ((outcome, message),) = results(about % "bad" + "  error: {status: fail}\n")
    assert outcome == "fail" and "must not be" in message


def test_a_check_that_says_nothing_or_cannot_be_evaluated_fails_the_test() -> None:
    for stanza, reason in (
        ("- match: {}\n", "one of assert and error is needed"),
        ("- match: {}\n  assert: {'(status)->s': pass}\n", "bindings cannot be evaluated"),
        ("- match: {}\n  assert: {'(a b)': 1}\n", "no query"),
        ("- match: {}\n  asserts: {}\n", "not known"),
    ):
        (row, *others) = results(stanza)
        assert not others and row[0] == "fail" and reason in row[1], (stanza, row, others)


@pytest.mark.parametrize(
    ("tree", "document", "holds"),
    [
        ({"a": [1, 2]}, {"a": [1, 2], "b": 1}, True),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ({"~.a": {"b": 1}}, {"a": [{"b": 1}, {"b": 1}]}, True),
        ({"~.a": {"b": 1}}, {"a": [{"b": 1}, {"b": 2}]}, False),
        ({"(length(a))": 2}, {"a": [1, 2]}, True),
        ({"a": True}, {"a": 1}, False),
        ({"a": None}, {}, True),
    ],
)
def test_trees(tree: Any, document: Any, holds: bool) -> None:
    assert (checks.fault(tree, document, "tree") == "") is holds


def test_a_tree_without_end_is_refused() -> None:
    tree: Any = 1
    document: Any = 1
    for _ in range(100):
        tree, document = {"a": tree}, {"a": document}
    with pytest.raises(Malformed):
        checks.fault(tree, document, "tree")


def test_answers_name_the_kind_and_what_mends() -> None:
    rule: Any = {
        "name": "app",
        "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
        "validate": {"failureAction": "Enforce", "message": "no", "pattern": {"metadata": {"labels": {"app": "?*"}}}},
    }
    items: Any = [
        {
            "apiVersion": "kyverno.io/v1",
            "kind": "ClusterPolicy",
            "metadata": {"name": "labels"},
            "spec": {"rules": [rule]},
        },
        {
            "apiVersion": "policies.kyverno.io/v1",
            "kind": "ValidatingPolicy",
            "metadata": {"name": "labels"},
            "spec": {
                "matchConstraints": {
                    "resourceRules": [
                        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
                    ]
                },
                "validations": [{"expression": "false", "message": "no"}],
            },
        },
    ]
    for item, load in zip(items, (classic.load, cel.load), strict=True):
        policy: Any = load(Manifest(item, "p.yaml", 1))
        decision = deciding.whole([policy], request(pod("registry.example/a:1")), World())
        assert not decision.allowed
        assert f"[{item['kind']}/labels" in decision.message
        assert "to mend: assay policy explain POLICIES --name labels --resource FILE" in decision.message
