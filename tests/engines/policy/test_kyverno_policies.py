"""Classic policies: what they match, what variables stand for, what each kind of rule says, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.substitution import text as filled
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.model.policy import Action, AdmissionRequest, UserInfo
from simulators.kyverno_samples import asked, classic, outcomes
from simulators.native_samples import deployment, pod, request

IMAGES = {"validate": {"message": "no latest", "pattern": {"spec": {"containers": [{"image": "!*:latest"}]}}}}
DENY = {"validate": {"message": "{{ request.object.metadata.name }} is denied", "deny": {}}}


def deny(**condition: Any) -> dict[str, Any]:
    """A rule that denies where a condition holds."""
    return {"validate": {"message": "denied", "deny": {"conditions": {"any": [condition]}}}}


def test_a_pattern_says_where_an_object_breaks_it() -> None:
    (good,) = asked(pod("nginx:1"), IMAGES)
    (bad,) = asked(pod("nginx:latest"), IMAGES)
    assert (good.outcome, bad.outcome, bad.action) == ("pass", "fail", Action.AUDIT)
    assert "no latest" in bad.message and "/spec/containers/0/image/" in bad.message


@pytest.mark.parametrize(
    ("spec", "validate", "wanted"),
    [
        ({}, {}, Action.AUDIT),
        ({"validationFailureAction": "Enforce"}, {}, Action.DENY),
        ({"validationFailureAction": "Enforce"}, {"failureAction": "Audit"}, Action.AUDIT),
        ({}, {"failureAction": "Enforce"}, Action.DENY),
        ({"emitWarning": True}, {}, Action.WARN),
        (
            {"validationFailureActionOverrides": [{"action": "Enforce", "namespaces": ["sh*"]}]},
            {},
            Action.DENY,
        ),
        (
            {},
            {"failureActionOverrides": [{"action": "Enforce", "namespaceSelector": {"matchLabels": {"tier": "prod"}}}]},
            Action.DENY,
        ),
        ({}, {"failureActionOverrides": [{"action": "Enforce", "namespaces": ["other"]}]}, Action.AUDIT),
    ],
)
def test_failure_actions_and_overrides(spec: Any, validate: Any, wanted: Action) -> None:
    world = World(namespace_labels={"shop": {"tier": "prod"}})
    rule = {"validate": {**IMAGES["validate"], **validate}}
    (found,) = asked(pod("nginx:latest"), rule, world=world, **spec)
    assert found.action is wanted


@pytest.mark.parametrize(
    ("resources", "wanted"),
    [
        ({"kinds": ["Pod"]}, True),
        ({"kinds": ["v1/Pod"]}, True),
        ({"kinds": ["apps/v1/Deployment"]}, False),
        ({"kinds": ["*"]}, True),
        ({"kinds": ["Po?"]}, True),
        ({"kinds": ["Pod/exec"]}, False),
        ({"kinds": ["Pod"], "names": ["ap*"]}, True),
        ({"kinds": ["Pod"], "name": "other"}, False),
        ({"kinds": ["Pod"], "namespaces": ["shop"]}, True),
        ({"kinds": ["Pod"], "namespaces": ["bar*"]}, False),
        ({"kinds": ["Pod"], "operations": ["DELETE"]}, False),
        ({"kinds": ["Pod"], "annotations": {"a/*": "y*"}}, True),
        ({"kinds": ["Pod"], "selector": {"matchLabels": {"app": "?*"}}}, True),
        ({"kinds": ["Pod"], "selector": {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}}, False),
        ({"kinds": ["Pod"], "namespaceSelector": {"matchLabels": {"tier": "prod"}}}, True),
        ({"kinds": ["Pod"], "namespaceSelector": {"matchLabels": {"tier": "dev"}}}, False),
    ],
)
def test_match_and_exclude_take_resources(resources: Any, wanted: bool) -> None:
    item = pod("nginx:1", labels={"app": "x"}, annotations={"a/b": "yes"})
    world = World(namespace_labels={"shop": {"tier": "prod"}})
    assert bool(outcomes(item, {"match": {"any": [{"resources": resources}]}, **IMAGES}, world=world)) is wanted
    excluded = {"match": {"any": [{"resources": {"kinds": ["*"]}}]}, "exclude": {"any": [{"resources": resources}]}}
    assert bool(outcomes(item, {**excluded, **IMAGES}, world=world)) is not wanted


@pytest.mark.parametrize(
    ("block", "wanted"),
    [
        ({"subjects": [{"kind": "User", "name": "de*"}]}, True),
        ({"subjects": [{"kind": "Group", "name": "ops"}]}, False),
        ({"subjects": [{"kind": "ServiceAccount", "namespace": "ci", "name": "dev"}]}, False),
        ({"clusterRoles": ["admin"]}, True),
        ({"roles": ["shop:edit"]}, True),
        ({"roles": ["shop:view"]}, False),
    ],
)
def test_match_takes_who_asks(block: Any, wanted: bool) -> None:
    subject = {"kind": "User", "name": "dev", "apiGroup": "rbac.authorization.k8s.io"}
    api = {"apiVersion": "rbac.authorization.k8s.io/v1"}
    cluster = GivenCluster(
        [
            {**api, "kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "subjects": [subject],
             "roleRef": {"kind": "ClusterRole", "name": "admin"}},
            {**api, "kind": "RoleBinding", "metadata": {"name": "b", "namespace": "shop"}, "subjects": [subject],
             "roleRef": {"kind": "Role", "name": "edit"}},
        ]
    )  # fmt: skip
    match = {"any": [{"resources": {"kinds": ["Pod"]}, **block}]}
    assert bool(outcomes(pod("nginx:1"), {"match": match, **IMAGES}, world=World(cluster=cluster))) is wanted


def test_where_nobody_asks_subjects_do_not_count_in_match_but_in_exclude() -> None:
    nobody = replace(request(pod("nginx:1")), user=UserInfo())
    block = {"resources": {"kinds": ["Pod"]}, "clusterRoles": ["admin"]}
    assert outcomes(nobody, {"match": {"any": [block]}, **IMAGES}) == ["pass"]
    assert outcomes(nobody, {"exclude": {"any": [block]}, **IMAGES}) == ["pass"]


def test_deny_and_preconditions_see_variables() -> None:
    rule = deny(key="{{ request.object.metadata.labels.team || '' }}", operator="Equals", value="")
    assert outcomes(pod("a"), rule) == ["fail"]
    assert outcomes(pod("a", labels={"team": "x"}), rule) == ["pass"]
    only = {"all": [{"key": "{{ request.operation }}", "operator": "Equals", "value": "DELETE"}]}
    assert outcomes(pod("a"), {**rule, "preconditions": only}) == ["skip"]


def test_a_variable_without_a_value_is_an_error_not_a_pass() -> None:
    (found,) = asked(pod("a"), deny(key="{{ request.object.spec.x }}", operator="Equals", value="y"))
    assert found.outcome == "error"
    assert 'Unknown key "x"' in found.message


def test_context_entries_are_computed_when_asked_for_and_see_each_other() -> None:
    context = [
        {"name": "never", "variable": {"jmesPath": "no.such.thing"}},
        {"name": "team", "variable": {"jmesPath": "request.object.metadata.labels.team", "default": "none"}},
        {"name": "words", "variable": {"value": ["{{ team }}", "x"], "jmesPath": "join('-', @)"}},
        {"name": "words", "variable": {"jmesPath": "to_upper(words)"}},
    ]
    rule = {"context": context, **deny(key="{{ words }}", operator="Equals", value="NONE-X")}
    assert outcomes(pod("a"), rule) == ["fail"]


def test_context_reads_config_maps_the_api_and_services() -> None:
    class Service:
        def call(self, method: str, url: str, body: bytes | None, headers: Any, ca: str) -> object:
            assert (method, body, headers) == ("POST", b'{"n": "app"}', {"X": "1"})
            return {"said": url}

    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": "shop"},
        "data": {"k": "v"},
    }
    cluster = GivenCluster([config, deployment("a", labels={"x": "y"}), deployment("b", name="other")])
    call = {"url": "http://s.example/{{ n }}", "headers": [{"key": "X", "value": "1"}]}
    context = [
        {"name": "c", "configMap": {"name": "c", "namespace": "{{ request.namespace }}"}},
        {
            "name": "d",
            "apiCall": {"urlPath": "/apis/apps/v1/namespaces/shop/deployments", "jmesPath": "items | length(@)"},
        },
        {
            "name": "l",
            "apiCall": {"urlPath": "/apis/apps/v1/deployments?labelSelector=x=y", "jmesPath": "length(items)"},
        },
        {"name": "one", "apiCall": {"urlPath": "/api/v1/namespaces/shop/configmaps/c", "jmesPath": "data.k"}},
        {"name": "n", "variable": {"value": "app"}},
        {"name": "s", "apiCall": {"method": "POST", "data": [{"key": "n", "value": "{{ n }}"}], "service": call}},
        {"name": "g", "apiCall": {"urlPath": "/api/v1/namespaces/shop/secrets/none", "default": "absent"}},
    ]
    key = "{{ c.data.k }} {{ d }} {{ l }} {{ one }} {{ s.said }} {{ g }}"
    rule = {"context": context, **deny(key=key, operator="Equals", value="v 2 1 v http://s.example/app absent")}
    world = World(cluster=cluster, http=Service())
    assert outcomes(pod("a"), rule, world=world) == ["fail"]
    (found,) = asked(pod("a"), rule)
    assert found.outcome == "error"


def test_foreach_goes_through_lists_in_lists() -> None:
    port = {"key": "{{ element0.name }}:{{ element1.containerPort }}", "operator": "Equals", "value": "c1:80"}
    inner = {"list": "element0.ports", "deny": {"conditions": {"all": [port]}}}
    rule = {
        "validate": {"message": "port", "foreach": [{"list": "request.object.spec.containers", "foreach": [inner]}]}
    }
    item = pod("a", "b")
    assert outcomes(item, rule) == ["skip"]
    for container in item["spec"]["containers"]:
        container["ports"] = [{"containerPort": 80}]
    assert outcomes(item, rule) == ["fail"]
    item["spec"]["containers"].pop()
    assert outcomes(item, rule) == ["pass"]


def test_any_pattern_passes_with_one() -> None:
    rule = {"validate": {"anyPattern": [{"spec": {"hostPID": True}}, {"spec": {"containers": [{"image": "a*"}]}}]}}
    assert (outcomes(pod("a"), rule), outcomes(pod("b"), rule)) == (["pass"], ["fail"])


def test_expressions_in_rules() -> None:
    rule = {
        "celPreconditions": [{"name": "named", "expression": "object.metadata.name != 'free'"}],
        "validate": {"cel": {"expressions": [{"expression": "object.spec.containers.all(c, c.image != 'b')"}]}},
    }
    found = [outcomes(item, rule) for item in (pod("a"), pod("b"), pod("b", name="free"))]
    assert found == [["pass"], ["fail"], ["skip"]]


def test_references_lead_to_other_places_of_a_pattern() -> None:
    rule = {"validate": {"pattern": {"spec": {"hostname": "?*", "subdomain": "$(./../hostname)-x"}}}}
    item = pod("a")
    item["spec"] |= {"hostname": "?*", "subdomain": "?*-x"}
    assert outcomes(item, rule) == ["pass"]


@pytest.mark.parametrize("kind", ["Deployment", "CronJob"])
def test_rules_about_pods_are_written_for_controllers_too(kind: str) -> None:
    item = deployment("nginx:latest")
    if kind == "CronJob":
        item = {"apiVersion": "batch/v1", "kind": kind, "metadata": item["metadata"],
                "spec": {"jobTemplate": {"spec": item["spec"]}}}  # fmt: skip
    template = "spec.jobTemplate.spec.template" if kind == "CronJob" else "spec.template"
    listed = deny(key="{{ request.object.spec.containers[].image }}", operator="AnyIn", value="*:latest")
    found = asked(item, IMAGES, listed)
    prefix = "autogen-cronjob" if kind == "CronJob" else "autogen"
    assert [(result.rule, str(result.outcome)) for result in found] == [
        (f"{prefix}-r0", "fail"),
        (f"{prefix}-r1", "fail"),
    ]
    assert template.replace(".", "/") in found[0].message


def test_an_annotation_or_a_selector_leaves_controllers_alone() -> None:
    none = {"annotations": {"pod-policies.kyverno.io/autogen-controllers": "none"}}
    named = {"match": {"any": [{"resources": {"kinds": ["Pod"], "names": ["*"]}}]}}
    assert outcomes(deployment("nginx:latest"), IMAGES, metadata=none) == []
    assert outcomes(deployment("nginx:latest"), {**IMAGES, **named}) == []
    some = {"annotations": {"pod-policies.kyverno.io/autogen-controllers": "StatefulSet"}}
    assert outcomes(deployment("nginx:latest"), IMAGES, metadata=some) == []


def exception(**spec: Any) -> dict[str, Any]:
    """An exception to the rule r0."""
    whole = {"exceptions": [{"policyName": "p", "ruleNames": ["r0", "autogen-r*"]}], "match": {"any": [
        {"resources": {"kinds": ["Pod"], "names": ["legacy*"]}}]}, **spec}  # fmt: skip
    return {"apiVersion": "kyverno.io/v2", "kind": "PolicyException", "metadata": {"name": "e"}, "spec": whole}


def test_an_exception_skips_the_objects_that_it_names() -> None:
    bad = pod("nginx:latest", name="legacy-1")
    assert outcomes(bad, IMAGES, others=[exception()]) == ["skip"]
    assert outcomes(pod("nginx:latest"), IMAGES, others=[exception()]) == ["fail"]
    late = {"all": [{"key": "{{ request.object.metadata.labels.x || '' }}", "operator": "Equals", "value": "y"}]}
    assert outcomes(bad, IMAGES, others=[exception(conditions=late)]) == ["fail"]


def test_an_update_that_changes_nothing_for_the_worse_is_let_through() -> None:
    rule = {"validate": {**IMAGES["validate"], "failureAction": "Enforce"}}
    strict = {"validate": {**rule["validate"], "allowExistingViolations": False}}
    before = pod("nginx:latest")
    same = replace(request(pod("nginx:latest", labels={"a": "b"}), "UPDATE"), old_object=before)
    assert (outcomes(same, rule), outcomes(same, strict)) == (["skip"], ["fail"])
    worse = replace(request(pod("nginx:latest"), "UPDATE"), old_object=pod("nginx:1"))
    assert outcomes(worse, rule) == ["fail"]
    conditioned = {**rule, "preconditions": {"all": [{"key": "a", "operator": "Equals", "value": "a"}]}}
    assert outcomes(same, conditioned) == ["fail"]  # as Kyverno 1.19.1 itself


def test_a_deleted_object_is_judged_by_conditions_only() -> None:
    gone: AdmissionRequest = replace(
        request(pod("nginx:latest"), "DELETE"), object=None, old_object=pod("nginx:latest")
    )
    listed = deny(key="{{ request.object.metadata.name }}", operator="Equals", value="app")
    assert outcomes(gone, IMAGES, listed) == ["fail"]


def test_one_rule_is_enough_where_the_policy_says_so() -> None:
    assert outcomes(pod("nginx:latest"), IMAGES, IMAGES, applyRules="One") == ["fail"]


def test_a_policy_of_a_namespace_looks_there_only() -> None:
    own: Any = {"metadata": {"namespace": "shop"}, "kind": "Policy"}
    other: Any = {"metadata": {"namespace": "bank"}, "kind": "Policy"}
    assert (outcomes(pod("a"), IMAGES, **own), outcomes(pod("a"), IMAGES, **other)) == (["pass"], [])


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"validate": {"pattern": {}, "deny": {}}}, "rules[0].validate"),
        ({"validate": {"manifests": {}}}, "validate.manifests"),
        ({"validate": {"assert": {}}}, "validate.assert"),
        ({"validate": {"pattren": {}}}, "validate.pattren"),
        (
            {"validate": {"cel": {"expressions": [{"expression": "object..x"}]}}},
            "validate.cel.expressions[0].expression",
        ),
        ({"validate": {"podSecurity": {"level": "strict"}}}, "podSecurity.level"),
        ({"validate": {"pattern": {"a": "$(./nowhere)"}}}, "reference"),
        ({**IMAGES, "match": {"any": [{"resources": {"kinds": ["a/b/c/d/e"]}}]}}, "match.any[0].resources.kinds"),
        ({**IMAGES, "match": {"any": [{"resources": {"operations": ["PATCH"]}}]}}, "resources.operations"),
        ({**IMAGES, "preconditions": {"any": [{"key": "a", "operator": "Like", "value": "b"}]}}, "any[0].operator"),
        ({**IMAGES, "context": [{"name": "a"}]}, "context[0]"),
        ({**IMAGES, "context": [{"name": "a", "apiCall": {"method": "GET"}}]}, "context[0].apiCall"),
        ({**IMAGES, "mutate": {}, "surprise": 1}, "rules[0].surprise"),
        ({"mutate": {"patchStrategicMerge": {}, "patchesJson6902": "x"}}, "rules[0].mutate"),
        ({"generate": {"kind": "ConfigMap"}}, "rules[0].generate"),
        (deny(key="{{ a..b }}", operator="Equals", value=""), "rules[0]"),
        ({"validate": {"foreach": [{"list": "a[", "pattern": {}}]}}, "rules[0]"),
        ({}, "rules[0]"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_by_its_place(rule: Any, place: str) -> None:
    with pytest.raises(Malformed) as error:
        classic(rule)
    assert place in error.value.what


def test_a_refusal_names_file_and_line() -> None:
    with pytest.raises(Malformed, match=r"p\.yaml:1: spec\.rulez: this field is not known"):
        classic(IMAGES, rulez=[])


def test_values_of_the_object_are_never_read_as_variables() -> None:
    item = pod("a", labels={"evil": "{{ request.userInfo.username }}"})
    rule = deny(key="x{{ request.object.metadata.labels.evil }}", operator="Equals", value="x*dev*")
    assert outcomes(item, rule) == ["pass"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{{ request.object.metadata.labels.{{ key }} }}!", "shop!"),
        ("{{ {a: {b: key}} }}", {"a": {"b": "app"}}),
        ("\\{{ key }} {{ key }}", "{{ key }} app"),
        ("{{ key", "{{ key"),
        ("{{ odd }}-{{ key }}", "}} {{ key }}-app"),
        ("{{ to_string('{{ odd }}') }}", "}} {{ key }}"),
        ("{{ number }}{{ truth }}{{ list }}", '1.5true[1,"a"]'),
    ],
)
def test_variables_in_texts(text: str, wanted: Any) -> None:
    values = {"key": "app", "odd": "}} {{ key }}", "number": 1.5, "truth": True, "list": [1, "a"]}
    scope = Scope(World(), {**values, "request": {"object": pod("a", labels={"app": "shop"})}})
    assert filled(text, scope) == wanted


def test_a_text_with_many_braces_takes_no_time() -> None:
    text = "{{" + "{a}" * 50_000
    assert filled(text, Scope(World(), {})) == text


@pytest.mark.parametrize("odd", [None, 5, "x", [None], {"a": []}])
def test_objects_of_odd_shapes_raise_nothing(odd: Any) -> None:
    level = {"validate": {"podSecurity": {"level": "restricted"}}}
    labelled = {"match": {"any": [{"resources": {"kinds": ["*"], "selector": {"matchLabels": {"a": "b"}}}}]}, **IMAGES}
    images = {"verifyImages": [{"imageReferences": ["*"], "key": "x"}]}
    policy = classic(IMAGES, level, labelled, images, deny(key="{{ images }}", operator="AnyIn", value=["a"]))
    for metadata in ({"name": "a", "labels": odd, "annotations": odd}, odd):
        for spec in (
            {"containers": odd, "volumes": odd, "securityContext": odd},
            {"containers": [{"ports": odd}]},
            odd,
        ):
            item = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
            asked_for = replace(request(pod("a")), object=item)
            policy.mutate(asked_for, World())
            policy.validate(asked_for, World())
