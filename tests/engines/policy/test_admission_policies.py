"""ValidatingAdmissionPolicy and MutatingAdmissionPolicy: what they match, with which parameters, and what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assay.engines.policy import deciding
from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.kubernetes import language
from assay.engines.policy.kubernetes.loading import all_in, load
from assay.engines.policy.resources import resource_of
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.formats.manifest import Manifest, read
from assay.model.policy import Action, AdmissionRequest, GroupVersionKind, Operation, Outcome, RuleResult, UserInfo

API = "apiVersion: admissionregistration.k8s.io/v1"
RULES: dict[str, Any] = {
    "resourceRules": [
        {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["deployments"]}
    ]
}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "team", "labels": {"app": "web"}},
    "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "a", "image": "x"}]}}},
}


def manifest(kind: str, spec: dict[str, Any], name: str = "p") -> Manifest:
    version = "admissionregistration.k8s.io/v1"
    return Manifest({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}, "p.yaml", 1)


def policy(spec: dict[str, Any], kind: str = "ValidatingAdmissionPolicy") -> Manifest:
    return manifest(kind, {"matchConstraints": RULES, **spec})


def binding(spec: dict[str, Any], kind: str = "ValidatingAdmissionPolicyBinding", name: str = "b") -> Manifest:
    return manifest(kind, {"policyName": "p", **spec}, name)


def request(
    item: dict[str, Any] | None = None, operation: Operation = Operation.CREATE, **more: Any
) -> AdmissionRequest:
    item = item or DEPLOYMENT
    kind = GroupVersionKind.of(item)
    metadata = item["metadata"]
    found = AdmissionRequest(
        "u",
        kind,
        resource_of(kind),
        operation,
        metadata["name"],
        metadata.get("namespace", ""),
        object=None if operation is Operation.DELETE else item,
        old_object=None if operation is Operation.CREATE else item,
    )
    return replace(found, **more)


REPLICAS = {"validations": [{"expression": "object.spec.replicas <= 2", "message": "too many"}]}


def judged(spec: dict[str, Any], *others: Manifest, world: World | None = None, **more: Any) -> tuple[RuleResult, ...]:
    return load(policy(spec), others, unbound=not others).validate(request(**more), world or World())


def outcome(spec: dict[str, Any], **more: Any) -> str:
    found = judged(spec, **more)
    return str(found[0].outcome) if found else "nothing"


def test_a_validation_that_does_not_hold_denies_with_its_message() -> None:
    (found,) = judged(REPLICAS)
    assert (found.policy, found.outcome, found.message, found.action) == ("p", Outcome.FAIL, "too many", Action.DENY)
    assert outcome({"validations": [{"expression": "object.spec.replicas <= 3"}]}) == "pass"


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        ({"expression": "false"}, "failed expression: false"),
        (
            {"expression": "false", "message": "m", "messageExpression": "'has ' + string(object.spec.replicas)"},
            "has 3",
        ),
        ({"expression": "false", "message": "m", "messageExpression": "object.nothing"}, "m"),
        ({"expression": "false", "message": "m", "messageExpression": "'  '"}, "m"),
        ({"expression": "false", "message": "m", "messageExpression": "'two\\nlines'"}, "m"),
        ({"expression": "false", "message": "m", "messageExpression": "1 + 1"}, "m"),
    ],
)
def test_the_message_is_computed_where_that_can_be_done(validation: dict[str, Any], message: str) -> None:
    assert judged({"validations": [validation]})[0].message == message


def test_variables_are_computed_when_they_are_asked_for() -> None:
    variables = [
        {"name": "broken", "expression": "object.nothing.at.all"},
        {"name": "replicas", "expression": "object.spec.replicas"},
        {"name": "double", "expression": "variables.replicas * 2"},
    ]
    assert outcome({"variables": variables, "validations": [{"expression": "variables.double == 6"}]}) == "pass"
    (found,) = judged({"variables": variables, "validations": [{"expression": "variables.broken == 1"}]})
    assert found.outcome is Outcome.ERROR
    assert "variable 'broken': no such key: nothing" in found.message


@pytest.mark.parametrize(
    ("conditions", "failure", "wanted"),
    [
        (["object.metadata.name == 'web'"], "Fail", "fail"),
        (["object.metadata.name == 'other'"], "Fail", "nothing"),
        (["object.nothing == 1"], "Fail", "error"),
        (["object.nothing == 1"], "Ignore", "nothing"),
        (["object.nothing == 1", "false"], "Fail", "nothing"),
        (["request.userInfo.username == 'ann' && request.operation == 'CREATE'"], "Fail", "fail"),
    ],
)
def test_match_conditions_decide_whether_the_policy_is_asked(conditions: list[str], failure: str, wanted: str) -> None:
    named = [{"name": str(number), "expression": text} for number, text in enumerate(conditions)]
    spec = {**REPLICAS, "matchConditions": named, "failurePolicy": failure}
    assert outcome(spec, user=UserInfo("ann")) == wanted


@pytest.mark.parametrize(("failure", "action"), [("Fail", Action.DENY), ("Ignore", Action.AUDIT)])
def test_what_cannot_be_told_follows_the_failure_policy(failure: str, action: Action) -> None:
    (found,) = judged({"validations": [{"expression": "object.nothing == 1"}], "failurePolicy": failure})
    assert (found.outcome, found.action) == (Outcome.ERROR, action)


MATCHES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"resourceRules": [{"operations": ["DELETE"], "resources": ["deployments"]}]}, {}, False),
    (
        {"resourceRules": [{"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*"]}]},
        {},
        True,
    ),
    ({"resourceRules": [{"resources": ["deployments/scale"]}]}, {}, False),
    ({"resourceRules": [{"resources": ["deployments/scale"]}]}, {"sub_resource": "scale"}, True),
    ({"resourceRules": [{"resources": ["*/scale"]}]}, {"sub_resource": "scale"}, True),
    ({"resourceRules": [{"resources": ["deployments/*"]}]}, {"sub_resource": "status"}, True),
    ({"resourceRules": [{"resources": ["deployments"]}]}, {"sub_resource": "status"}, False),
    ({"resourceRules": [{"resources": ["*"]}]}, {"sub_resource": "status"}, False),
    ({"resourceRules": [{"resources": ["*/*"]}]}, {"sub_resource": "status"}, True),
    ({"resourceRules": [{"resources": ["deployments"], "resourceNames": ["web"]}]}, {}, True),
    ({"resourceRules": [{"resources": ["deployments"], "resourceNames": ["other"]}]}, {}, False),
    ({"resourceRules": [{"resources": ["deployments"], "scope": "Cluster"}]}, {}, False),
    ({"resourceRules": [{"resources": ["deployments"], "scope": "Namespaced"}]}, {}, True),
    ({"resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1beta1"], "resources": ["deployments"]}]}, {}, True),
    (
        {
            "matchPolicy": "Exact",
            "resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1beta1"], "resources": ["deployments"]}],
        },
        {},
        False,
    ),
    (
        {"resourceRules": [{"apiGroups": ["extensions"], "apiVersions": ["v1beta1"], "resources": ["deployments"]}]},
        {},
        True,
    ),
    ({**RULES, "excludeResourceRules": [{"resources": ["deployments"], "resourceNames": ["web"]}]}, {}, False),
    ({**RULES, "objectSelector": {"matchLabels": {"app": "web"}}}, {}, True),
    (
        {**RULES, "objectSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}},
        {},
        False,
    ),
    ({**RULES, "namespaceSelector": {"matchLabels": {"env": "prod"}}}, {}, True),
    ({**RULES, "namespaceSelector": {"matchLabels": {"env": "dev"}}}, {}, False),
]


@pytest.mark.parametrize(("match", "more", "wanted"), MATCHES)
def test_match_constraints_say_what_a_policy_is_about(match: Any, more: Any, wanted: bool) -> None:
    world = World(namespace_labels={"team": {"env": "prod"}})
    found = load(policy({**REPLICAS, "matchConstraints": match}), unbound=True).validate(request(**more), world)
    assert bool(found) is wanted


def test_a_namespace_is_selected_by_its_own_labels_and_what_has_no_namespace_always() -> None:
    match = {"resourceRules": [{"resources": ["*"]}], "namespaceSelector": {"matchLabels": {"env": "prod"}}}
    named = load(policy({"matchConstraints": match, "validations": [{"expression": "false"}]}), unbound=True)
    for labels, wanted in (({"env": "prod"}, 1), ({}, 0)):
        item = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": labels}}
        assert len(named.validate(request(item, namespace="n"), World())) == wanted
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}
    assert len(named.validate(request(node), World())) == 1


def test_a_policy_is_in_force_where_it_is_bound() -> None:
    assert load(policy(REPLICAS)).validate(request(), World()) == ()
    warn = binding({"validationActions": ["Warn", "Audit"]})
    nowhere = binding(
        {"validationActions": ["Deny"], "matchResources": {"objectSelector": {"matchLabels": {"a": "b"}}}}
    )
    (found,) = judged(REPLICAS, warn, nowhere)
    assert (found.rule, found.action, found.details["validationActions"]) == ("b", Action.WARN, ["warn", "audit"])


PARAMETERS = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}
LIMIT = {**PARAMETERS, "validations": [{"expression": "object.spec.replicas <= int(params.data.max)"}]}


def config_map(name: str, most: int, namespace: str = "team") -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": {"limits": "yes"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"max": str(most)}}


@pytest.mark.parametrize(
    ("reference", "maps", "wanted"),
    [
        ({"name": "limit"}, [config_map("limit", 3)], "pass"),
        ({"name": "limit"}, [config_map("limit", 2)], "fail"),
        ({"name": "limit", "namespace": "other"}, [config_map("limit", 3)], "error"),
        ({"name": "limit", "namespace": "other"}, [config_map("limit", 3, "other")], "pass"),
        ({"name": "limit", "parameterNotFoundAction": "Allow"}, [], "nothing"),
        ({"name": "limit", "parameterNotFoundAction": "Deny"}, [], "error"),
        ({"selector": {"matchLabels": {"limits": "yes"}}}, [config_map("a", 5), config_map("b", 2)], "fail"),
        ({"selector": {}}, [config_map("a", 5)], "pass"),
    ],
)
def test_parameters_come_from_the_cluster(reference: Any, maps: Any, wanted: str) -> None:
    found = judged(LIMIT, binding({"paramRef": reference}), world=World(cluster=GivenCluster(maps)))
    assert (str(found[0].outcome) if found else "nothing") == wanted


def test_audit_annotations_are_kept_and_null_is_none() -> None:
    annotations = [
        {"key": "replicas", "valueExpression": "'has ' + string(object.spec.replicas)"},
        {"key": "none", "valueExpression": "object.spec.replicas > 5 ? dyn('many') : null"},
        {"key": "broken", "valueExpression": "object.nothing"},
    ]
    (found,) = judged({**REPLICAS, "auditAnnotations": annotations})
    assert found.details == {"auditAnnotations": {"replicas": "has 3"}}


def test_a_deleted_object_is_the_old_one() -> None:
    match = {"resourceRules": [{"operations": ["DELETE"], "resources": ["deployments"]}]}
    spec = {"matchConstraints": match, "validations": [{"expression": "object == null && oldObject.spec.replicas < 3"}]}
    assert outcome(spec, operation=Operation.DELETE) == "fail"


def mutated(*mutations: dict[str, Any], **more: Any) -> tuple[RuleResult, ...]:
    spec = {"mutations": list(mutations), **more}
    return load(policy(spec, "MutatingAdmissionPolicy"), unbound=True).mutate(request(), World())


def apply_configuration(expression: str) -> dict[str, Any]:
    return {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}


def json_patch(expression: str) -> dict[str, Any]:
    return {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}


def test_mutations_follow_each_other() -> None:
    (found,) = mutated(
        apply_configuration("Object{metadata: Object.metadata{labels: {'tier': 'front'}}}"),
        json_patch(
            "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), "
            "value: object.metadata.labels.tier}]"
        ),
        apply_configuration(
            "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{"
            "containers: object.spec.template.spec.containers.map(c, "
            "Object.spec.template.spec.containers{name: c.name, imagePullPolicy: 'Always'})}}}}"
        ),
    )
    assert found.patched is not None
    assert found.patched["metadata"]["labels"] == {"app": "web", "tier": "front", "a/b": "front"}
    (container,) = found.patched["spec"]["template"]["spec"]["containers"]
    assert container == {"name": "a", "image": "x", "imagePullPolicy": "Always"}
    assert DEPLOYMENT["metadata"]["labels"] == {"app": "web"}


def test_a_mutation_that_changes_nothing_leaves_no_patch() -> None:
    (found,) = mutated(
        apply_configuration("object.spec.replicas > 1 ? Object{} : Object{spec: Object.spec{replicas: 1}}")
    )
    assert (found.outcome, found.patched) == (Outcome.PASS, None)


@pytest.mark.parametrize(
    ("mutation", "said"),
    [
        (
            json_patch("[JSONPatch{op: 'replace', path: '/spec/nothing', value: 1}]"),
            "there is nothing at /spec/nothing",
        ),
        (json_patch("[1]"), "no list of JSONPatch"),
        (json_patch("[JSONPatch{op: 'replace', path: '/kind', value: 'Pod'}]"), "may not change kind"),
        (apply_configuration("Object{metadata: Object.metadata{name: 'other'}}"), "may not change metadata.name"),
        (apply_configuration("Object{spec: Object.spec{tolerations: [Object.spec.tolerations{key: 'a'}]}}"), "atomic"),
    ],
)
def test_a_mutation_that_cannot_be_done_is_an_error(mutation: dict[str, Any], said: str) -> None:
    (found,) = mutated(mutation)
    assert found.outcome is Outcome.ERROR
    assert said in found.message
    assert found.patched is None


@pytest.mark.parametrize(("reinvocation", "wanted"), [("IfNeeded", "front"), ("Never", "none")])
def test_a_policy_is_asked_again_where_later_ones_changed_the_object(reinvocation: str, wanted: str) -> None:
    copy = "Object{metadata: Object.metadata{annotations: {'tier': object.metadata.labels[?'tier'].orValue('none')}}}"
    label = "Object{metadata: Object.metadata{labels: {'tier': 'front'}}}"
    first = {"mutations": [apply_configuration(copy)], "reinvocationPolicy": reinvocation}
    specs = (first, {"mutations": [apply_configuration(label)]})
    policies = [load(policy(spec, "MutatingAdmissionPolicy"), unbound=True) for spec in specs]
    decided = deciding.mutate(policies, request(), World())
    assert decided.patched is not None
    assert decided.patched["metadata"]["annotations"] == {"tier": wanted}
    assert len(decided.results) == (3 if reinvocation == "IfNeeded" else 2)


def test_a_policy_is_not_asked_again_for_what_it_changed_itself() -> None:
    add = json_patch("[JSONPatch{op: 'add', path: '/spec/template/spec/containers/-', value: {'name': 'b'}}]")
    once = load(policy({"mutations": [add], "reinvocationPolicy": "IfNeeded"}, "MutatingAdmissionPolicy"), unbound=True)
    decided = deciding.mutate([once], request(), World())
    assert decided.patched is not None
    assert len(decided.patched["spec"]["template"]["spec"]["containers"]) == 2


def test_parameters_of_mutations_are_applied_one_after_the_other() -> None:
    spec = {
        **PARAMETERS,
        "mutations": [
            apply_configuration("Object{metadata: Object.metadata{annotations: {params.metadata.name: 'seen'}}}")
        ],
    }
    bound = binding({"paramRef": {"selector": {}}}, "MutatingAdmissionPolicyBinding")
    world = World(cluster=GivenCluster([config_map("a", 1), config_map("b", 1)]))
    (found,) = load(policy(spec, "MutatingAdmissionPolicy"), [bound]).mutate(request(), world)
    assert found.patched is not None
    assert found.patched["metadata"]["annotations"] == {"a": "seen", "b": "seen"}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"validations": [{"expression": "object.spec.replicas <= "}]}, "p.yaml:1: spec.validations[0].expression: 1:"),
    ({"validations": [{"expression": "nothing"}]}, "spec.validations[0].expression: undeclared reference"),
    ({"validations": [{"message": "m"}]}, "spec.validations[0].expression: an expression is missing"),
    ({"validations": [{"expression": "true", "messageExpresion": "''"}]}, "spec.validations[0].messageExpresion"),
    ({**REPLICAS, "matchConstrains": {}}, "p.yaml:1: spec.matchConstrains: this field is not known"),
    ({**REPLICAS, "failurePolicy": "Maybe"}, "spec.failurePolicy: 'Maybe' is none of Fail, Ignore"),
    ({**REPLICAS, "variables": [{"name": "x", "expression": "1 +"}]}, "spec.variables[0].expression"),
    ({**REPLICAS, "matchConditions": [{"name": "x", "expression": "1 +"}]}, "spec.matchConditions[0].expression"),
    ({**REPLICAS, "auditAnnotations": [{"key": "x", "valueExpression": "1 +"}]}, "auditAnnotations[0].valueExpression"),
    ({**REPLICAS, "matchConstraints": {"resourceRules": [{"operation": ["*"]}]}}, "resourceRules[0].operation"),
    ({**REPLICAS, "matchConstraints": {"resourceRules": [{"operations": ["EAT"]}]}}, "'EAT' is no operation"),
    (
        {**REPLICAS, "matchConstraints": {"objectSelector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}}},
        "spec.matchConstraints.objectSelector",
    ),
    ({"validations": "all"}, "spec.validations: not a list"),
]


@pytest.mark.parametrize(("spec", "said"), REFUSED)
def test_a_policy_that_cannot_be_evaluated_is_refused_with_its_field(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(Malformed) as caught:
        load(policy(spec))
    assert said in str(caught.value)


def test_a_mutating_policy_needs_mutations_and_a_version_that_is_known() -> None:
    with pytest.raises(Malformed, match=r"spec\.mutations"):
        load(policy({}, "MutatingAdmissionPolicy"))
    text = f"{API}beta9\nkind: ValidatingAdmissionPolicy\nmetadata: {{name: p}}\nspec: {{}}\n"
    with pytest.raises(Malformed, match="v1beta9"):
        all_in(read(text, "p.yaml"))


def test_the_folder_loads_policies_with_their_bindings_and_tells_what_is_astray() -> None:
    astray = binding({"policyName": "other"}, name="astray")
    broken = policy({"validations": [{"expression": "1 +"}]})
    policies, problems = language.load([policy(REPLICAS), binding({}), astray, broken])
    assert [item.name for item in policies] == ["p"]
    assert ["there is no policy 'other'" in str(item) for item in problems] == [False, True]
    assert policies[0].validate(request(), World())[0].outcome is Outcome.FAIL
    assert "in force nowhere" in language.remarks([policy(REPLICAS)])[0]
    assert language.remarks([policy(REPLICAS), binding({})]) == []
