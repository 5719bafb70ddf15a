"""The runner of ``kyverno-test.yaml``: what a test names, what it expects, and how it fails."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.engines.policy.kyverno_test import testing
from assay.errors import InputError
from simulators.kyverno_samples import PODS
from simulators.native_samples import pod

PATTERN = {"validate": {"message": "no", "pattern": {"spec": {"containers": [{"image": "!*:latest"}]}}}}


def policy(rule: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """A policy with the rule `r`."""
    spec = {"rules": [{"name": "r", "match": PODS, **rule}]}
    return {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "p", **metadata}, "spec": spec}


def run(files: dict[str, Any], *results: dict[str, Any], **test: Any) -> list[tuple[str, str]]:
    """Outcomes and messages of a test about ``policy.yaml`` and ``pods.yaml``."""
    whole = {
        "apiVersion": "cli.kyverno.io/v1alpha1",
        "kind": "Test",
        "metadata": {"name": "t"},
        "policies": ["policy.yaml"],
        "resources": ["pods.yaml"],
        "results": [{"policy": "p", "rule": "r", "kind": "Pod", **result} for result in results],
        **test,
    }
    held = {f"d/{name}": item for name, item in {**files, "kyverno-test.yaml": whole}.items()}

    def read(path: str) -> bytes:
        if path not in held:
            raise InputError(f"there is no {path}")
        item = held[path]
        documents = item if isinstance(item, list) else [item]
        return "\n---\n".join(json.dumps(document) for document in documents).encode()

    return [(found.outcome, found.message) for found in testing.run("d/kyverno-test.yaml", read)]


FILES: dict[str, Any] = {
    "policy.yaml": policy(PATTERN),
    "pods.yaml": [pod("x:1", name="good"), pod("x:latest", name="bad", namespace="other")],
}


def test_results_are_held_against_what_is_expected() -> None:
    found = run(
        FILES, {"resources": ["good", "shop/good"], "result": "pass"}, {"resources": ["other/bad"], "result": "fail"}
    )
    assert [outcome for outcome, _ in found] == ["pass"] * 3
    (wrong,) = run(FILES, {"resources": ["bad"], "result": "pass"})
    assert wrong[0] == "fail" and "want pass, got fail" in wrong[1]


def test_the_forms_of_old_are_read() -> None:
    found = run(FILES, {"resource": "bad", "namespace": "other", "status": "fail"}, metadata=None, name="t")
    assert [outcome for outcome, _ in found] == ["pass"]


def test_failures_that_do_not_score_are_warnings() -> None:
    files = {**FILES, "policy.yaml": policy(PATTERN, annotations={"policies.kyverno.io/scored": "false"})}
    assert run(files, {"resources": ["bad"], "result": "warn"})[0][0] == "pass"


@pytest.mark.parametrize(
    ("files", "result", "said"),
    [
        ({}, {"resources": ["none"], "result": "pass"}, "no response"),
        ({}, {"policy": "none", "resources": ["good"], "result": "pass"}, "no response"),
        (
            {"policy.yaml": policy({"validate": {"x": 1}})},
            {"resources": ["good"], "result": "pass"},
            "cannot be loaded",
        ),
    ],
)
def test_what_is_not_there_fails(files: dict[str, Any], result: dict[str, Any], said: str) -> None:
    ((outcome, message),) = run({**FILES, **files}, result)
    assert outcome == "fail" and said in message


def test_a_file_that_is_not_there_fails_every_result() -> None:
    found = run(FILES, {"resources": ["good", "bad"], "result": "pass"}, resources=["none.yaml"])
    assert [(outcome, message) for outcome, message in found] == [("fail", "there is no d/none.yaml")] * 2


def test_a_resource_that_no_rule_is_about_is_excluded() -> None:
    match = {"any": [{"resources": {"kinds": ["Pod"], "namespaces": ["shop"]}}]}
    files = {**FILES, "policy.yaml": policy({**PATTERN, "match": match})}
    ((outcome, message),) = run(files, {"resources": ["bad"], "result": "skip"})
    assert (outcome, message) == ("pass", "excluded: the policy has no rule for it")


def test_values_give_variables_labels_and_operations() -> None:
    condition = {
        "key": "{{ want }}-{{ request.operation }}-{{ element.name }}-{{ each }}",
        "operator": "Equals",
        "value": "x-UPDATE-c0-1",
    }
    foreach = {"list": "request.object.spec.containers", "deny": {"conditions": {"all": [condition]}}}
    selector = {"matchLabels": {"tier": "prod"}}
    match = {"any": [{"resources": {"kinds": ["Pod"], "namespaceSelector": selector}}]}
    context = [{"name": "want", "apiCall": {"urlPath": "/api/v1/pods"}}]
    files = {
        **FILES,
        "policy.yaml": policy({"match": match, "context": context, "validate": {"message": "m", "foreach": [foreach]}}),
    }
    values = {
        "globalValues": {"request.operation": "UPDATE"},
        "namespaceSelector": [{"name": "shop", "labels": {"tier": "prod"}}],
        "policies": [
            {"name": "p", "rules": [{"name": "r", "values": {"want": "x"}, "foreachValues": {"each": ["1"]}}]}
        ],
    }
    expected = ({"resources": ["good"], "result": "fail"}, {"resources": ["bad"], "result": "skip"})
    for test in ({"values": {"spec": values}}, {"variables": "values.yaml"}):
        assert [outcome for outcome, _ in run({**files, "values.yaml": values}, *expected, **test)] == ["pass", "pass"]


def test_an_operation_of_a_result_is_the_requests() -> None:
    condition = {"key": "{{ request.operation }}", "operator": "Equals", "value": "DELETE"}
    files = {**FILES, "policy.yaml": policy({"validate": {"deny": {"conditions": {"all": [condition]}}}})}
    found = run(
        files,
        {"resources": ["good"], "result": "fail", "operation": "DELETE"},
        {"resources": ["good"], "result": "pass"},
    )
    assert [outcome for outcome, _ in found] == ["pass", "pass"]


def test_objects_are_compared_with_files() -> None:
    files = {
        **FILES,
        "policy.yaml": policy({"mutate": {"patchStrategicMerge": {"metadata": {"labels": {"a": "b"}}}}}),
        "patched.yaml": pod("x:1", name="good", labels={"a": "b"}),
        "wrong.yaml": pod("x:1", name="good", labels={"a": "c"}),
    }
    result = {"resources": ["good"], "result": "pass"}
    assert run(files, {**result, "patchedResources": "patched.yaml"})[0][0] == "pass"
    ((outcome, message),) = run(files, {**result, "patchedResources": "wrong.yaml"})
    assert outcome == "fail" and '.metadata.labels.a: "b", wanted "c"' in message


def test_generated_objects_are_compared_with_files() -> None:
    rule = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "namespace": "shop", "data": {"data": {"k": "v"}}}
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}, "data": {"k": "v"}}
    files = {**FILES, "policy.yaml": policy({"generate": rule}), "made.yaml": made, "other.yaml": {**made, "data": {}}}
    result = {"resources": ["good"], "result": "pass"}
    assert run(files, {**result, "generatedResource": "made.yaml"})[0][0] == "pass"
    assert run(files, {**result, "generatedResource": "other.yaml"})[0][0] == "fail"


def test_clusters_users_and_exceptions_are_given_by_files() -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": {"k": "v"}}
    condition = {"key": "{{ c.data.k }}{{ g }}{{ s }}", "operator": "Equals", "value": "v21"}
    context = [
        {"name": "c", "configMap": {"name": "c", "namespace": "n"}},
        {"name": "g", "globalReference": {"name": "g.total"}},
        {"name": "s", "apiCall": {"service": {"url": "http://s.example/"}, "jmesPath": "to_string(n)"}},
    ]
    match = {"any": [{"resources": {"kinds": ["Pod"]}, "clusterRoles": ["admin"]}]}
    rule = {"match": match, "context": context, "validate": {"deny": {"conditions": {"all": [condition]}}}}
    excepted: dict[str, Any] = {"exceptions": [{"policyName": "p", "ruleNames": ["r"]}]}
    excepted |= {"match": {"any": [{"resources": {"kinds": ["Pod"], "names": ["bad"]}}]}}
    wrapper = {"apiVersion": "cli.kyverno.io/v1alpha1", "kind": "ClusterResource", "spec": {"resources": [config]}}
    files = {
        **FILES,
        "policy.yaml": policy(rule),
        "user.yaml": {"kind": "UserInfo", "clusterRoles": ["admin"], "userInfo": {"username": "eve"}},
        "cluster.yaml": wrapper,
        "exception.yaml": {
            "apiVersion": "kyverno.io/v2",
            "kind": "PolicyException",
            "metadata": {"name": "e"},
            "spec": excepted,
        },
    }
    found = run(
        files,
        {"resources": ["good"], "result": "fail"},
        {"resources": ["bad"], "result": "skip"},
        userinfo="user.yaml",
        clusterResources=["cluster.yaml"],
        exceptions=["exception.yaml"],
        globalContextEntries=[{"name": "g", "data": [1, 1], "projections": [{"name": "total", "path": "length(@)"}]}],
        apiCallResponses=[{"url": "http://s.example/", "response": {"statusCode": 200, "body": {"n": 1}}}],
    )
    assert [outcome for outcome, _ in found] == ["pass", "pass"]
