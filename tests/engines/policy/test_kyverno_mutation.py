"""Mutate rules (merge patches with anchors, JSON patches, lists, targets) and generate rules."""

from __future__ import annotations

from typing import Any

import pytest

from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.kyverno.strategic import patch
from assay.engines.policy.world import World
from simulators.kyverno_samples import changed, classic
from simulators.native_samples import deployment, pod, request


def named(*names: str, **more: Any) -> list[dict[str, Any]]:
    """Items of a list, with names."""
    return [{"name": name, **more} for name in names]


@pytest.mark.parametrize(
    ("spec", "overlay", "wanted"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": None}, {}),
        ({"a": 1}, {"+(a)": 2, "+(b)": 3}, {"a": 1, "b": 3}),
        ({"a": {"x": 1}}, {"(a)": {"x": 2}, "b": 1}, {"a": {"x": 1}}),
        ({"a": {"x": 1}}, {"(a)": {"x": "<5"}, "b": 1}, {"a": {"x": 1}, "b": 1}),
        ({}, {"(a)": "*", "b": 1}, {}),
        (
            {"containers": named("a", "b")},
            {"containers": [{"name": "b", "image": "x"}]},
            {"containers": [{"name": "b", "image": "x"}, {"name": "a"}]},
        ),
        (
            {"containers": named("a", "b")},
            {"containers": [{"(name)": "*", "x": 1}]},
            {"containers": named("a", "b", x=1)},
        ),
        (
            {"containers": [{"name": "a", "image": "x:latest"}, {"name": "b", "image": "x:1"}]},
            {"containers": [{"(image)": "*:latest", "imagePullPolicy": "Always"}]},
            {
                "containers": [
                    {"name": "a", "image": "x:latest", "imagePullPolicy": "Always"},
                    {"name": "b", "image": "x:1"},
                ]
            },
        ),
        (
            {"containers": [{"name": "a", "resources": {"limits": {"cpu": 1}}}, {"name": "b"}]},
            {"containers": [{"(name)": "*", "resources": {"limits": {"+(cpu)": 2, "+(memory)": "1Gi"}}}]},
            {
                "containers": [
                    {"name": "a", "resources": {"limits": {"cpu": 1, "memory": "1Gi"}}},
                    {"name": "b", "resources": {"limits": {"cpu": 2, "memory": "1Gi"}}},
                ]
            },
        ),
        ({"containers": named("a")}, {"initContainers": [{"(name)": "*", "x": 1}]}, {"containers": named("a")}),
        (
            {"containers": named("a"), "volumes": named("v", emptyDir={})},
            {"volumes": [{"(emptyDir)": {"+(sizeLimit)": "1Gi"}}]},
            {"containers": named("a"), "volumes": named("v", emptyDir={"sizeLimit": "1Gi"})},
        ),
        (
            {"containers": [{"name": "a", "ports": [{"containerPort": 80}, {"containerPort": 81}]}]},
            {"containers": [{"name": "a", "ports": [{"containerPort": 80, "name": "http"}]}]},
            {"containers": [{"name": "a", "ports": [{"containerPort": 80, "name": "http"}, {"containerPort": 81}]}]},
        ),
        (
            {"containers": named("a", "b")},
            {"containers": [{"name": "a", "$patch": "delete"}]},
            {"containers": named("b")},
        ),
        ({"tolerations": [{"key": "a"}]}, {"tolerations": [{"key": "b"}]}, {"tolerations": [{"key": "b"}]}),
        ({"containers": named("a")}, {"<(hostPID)": True, "x": 1}, {"containers": named("a")}),
    ],
)
def test_a_merge_patch(spec: Any, overlay: Any, wanted: Any) -> None:
    head = {"apiVersion": "v1", "kind": "Pod"}
    assert patch({**head, "spec": spec}, {"spec": overlay}) == {**head, "spec": wanted}


def test_lists_of_kinds_that_are_not_known_are_replaced() -> None:
    item = {"apiVersion": "example.com/v1", "kind": "Thing", "spec": {"containers": named("a")}}
    assert patch(item, {"spec": {"containers": named("b")}})["spec"]["containers"] == named("b")


def test_a_json_patch_is_a_text_with_variables() -> None:
    operations = '- {op: add, path: /metadata/labels/by, value: "{{ request.userInfo.username }}"}\n'
    operations += "- {op: add, path: /spec/containers/-1, value: {name: side}}"
    found = changed(pod("a"), {"mutate": {"patchesJson6902": operations}})
    assert found["metadata"]["labels"] == {"by": "dev"}
    assert [item["name"] for item in found["spec"]["containers"]] == ["c0", "side"]


def test_changes_for_every_element_see_what_those_before_left() -> None:
    each = {
        "list": "request.object.spec.containers",
        "preconditions": {"all": [{"key": "{{ element.image }}", "operator": "NotEquals", "value": "b"}]},
        "patchesJson6902": "- {op: add, path: '/spec/containers/{{elementIndex}}/env', value: [{name: NAME, value: "
        "'{{element.name}}'}]}",
    }
    found = changed(pod("a", "b", "c"), {"mutate": {"foreach": [each]}})
    assert [item.get("env") for item in found["spec"]["containers"]] == [
        [{"name": "NAME", "value": "c0"}],
        None,
        [{"name": "NAME", "value": "c2"}],
    ]


def test_descending_takes_the_last_first() -> None:
    each = {
        "list": "request.object.spec.containers",
        "order": "Descending",
        "patchesJson6902": "- {op: remove, path: '/spec/containers/{{elementIndex}}'}",
    }
    assert changed(pod("a", "b"), {"mutate": {"foreach": [each]}})["spec"]["containers"] == []


def test_rules_see_what_those_before_left_and_controllers_get_them_too() -> None:
    first = {"mutate": {"patchStrategicMerge": {"metadata": {"labels": {"a": "1"}}}}}
    second = {"mutate": {"patchStrategicMerge": {"metadata": {"labels": {"(a)": "1", "b": "2"}}}}}
    assert changed(pod("a"), first, second)["metadata"]["labels"] == {"a": "1", "b": "2"}
    template = changed(deployment("a"), first, second)["spec"]["template"]
    assert template["metadata"]["labels"] == {"a": "1", "b": "2"}


def test_objects_that_exist_are_changed_when_another_is_seen() -> None:
    target = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "namespace": "{{ request.namespace }}",
        "selector": {"matchLabels": {"app": "x"}},
        "preconditions": {"all": [{"key": "{{ target.metadata.name }}", "operator": "NotEquals", "value": "two"}]},
    }
    body = {"targets": [target], "patchStrategicMerge": {"metadata": {"labels": {"seen": "{{ request.name }}"}}}}
    items = [
        deployment("a", name=name, labels={"app": app}) for name, app in (("one", "x"), ("two", "x"), ("three", "y"))
    ]
    policy = classic({"mutate": body})
    (found,) = policy.mutate_existing(request(pod("a")), World(cluster=GivenCluster(items)))
    assert found.details["target"]["metadata"] == {
        "name": "one",
        "namespace": "shop",
        "labels": {"app": "x", "seen": "app"},
    }
    (found,) = policy.mutate_existing(request(pod("a")), World())
    assert found.outcome == "error"
    assert policy.mutate(request(pod("a")), World()) == ()


def generated(rule: dict[str, Any], *held: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects that a rule makes for a pod."""
    (found,) = classic({"generate": rule}).mutate(request(pod("a")), World(cluster=GivenCluster(held)))
    assert found.outcome == "pass", found.message
    return list(found.generated)


CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "c", "namespace": "base", "uid": "1"},
    "data": {"k": "v"},
}


def test_objects_are_made_of_data() -> None:
    head = {"apiVersion": "v1", "kind": "ConfigMap", "name": "{{ request.name }}-c", "namespace": "n"}
    rule = {**head, "synchronize": True, "data": {"data": {"k": "{{ request.object.metadata.name }}"}}}
    (found,) = generated(rule)
    assert found == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "app-c", "namespace": "n"},
        "data": {"k": "app"},
    }


def test_objects_are_copied_without_what_is_the_sources_own() -> None:
    clone = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "d",
        "namespace": "n",
        "clone": {"name": "c", "namespace": "base"},
    }
    (found,) = generated(clone, CONFIG)
    assert found == {**CONFIG, "metadata": {"name": "d", "namespace": "n"}}
    other = {**CONFIG, "metadata": {"name": "e", "namespace": "base", "labels": {"copy": "yes"}}}
    listed = {
        "namespace": "n",
        "cloneList": {"namespace": "base", "kinds": ["v1/ConfigMap"], "selector": {"matchLabels": {"copy": "yes"}}},
    }
    (found,) = generated(listed, CONFIG, other)
    assert found["metadata"] == {"name": "e", "namespace": "n", "labels": {"copy": "yes"}}


def test_a_source_that_is_not_there_is_an_error() -> None:
    clone = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "d",
        "namespace": "n",
        "clone": {"name": "c", "namespace": "base"},
    }
    (found,) = classic({"generate": clone}).mutate(request(pod("a")), World(cluster=GivenCluster([])))
    assert (found.outcome, found.generated) == ("error", ())


def test_objects_are_made_for_every_element() -> None:
    head = {"apiVersion": "v1", "kind": "ConfigMap", "name": "{{ element.name }}", "namespace": "n"}
    each = {"list": "request.object.spec.containers", **head, "data": {"data": {"at": "{{ elementIndex }}"}}}
    (found,) = classic({"generate": {"foreach": [each]}}).mutate(request(pod("a", "b")), World())
    assert [(item["metadata"]["name"], item["data"]["at"]) for item in found.generated] == [("c0", 0), ("c1", 1)]
