"""Constraint templates and constraints: loading, matching, enforcement, what policies see, and suites of tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assay.engines.policy import deciding
from assay.engines.policy.gatekeeper import loading
from assay.engines.policy.gatekeeper.constraints import AUDIT, GATOR, WEBHOOK
from assay.engines.policy.gatekeeper.engine import ConstraintPolicy
from assay.engines.policy.gatekeeper.matching import GENERATED, Match, Target, like
from assay.engines.policy.gatekeeper.schema import problems, unknown
from assay.engines.policy.gatekeeper.suite import CaseResult, SuiteRunner
from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.resources import resource_of
from assay.engines.policy.world import World
from assay.errors import InputError, Malformed
from assay.formats import manifest
from assay.model.policy import (
    Action,
    AdmissionRequest,
    GroupVersionKind,
    Object,
    Operation,
    Outcome,
    RuleResult,
    UserInfo,
)

TEMPLATE = """apiVersion: templates.gatekeeper.sh/{version}
kind: ConstraintTemplate
metadata: {{name: k8sdenied{annotations}}}
spec:
  crd:
    spec:
      names: {{kind: K8sDenied}}
      validation:
        openAPIV3Schema:
          type: object
          required: [names]
          properties: {{names: {{type: array, items: {{type: string}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    {code}
"""
REGO = """rego: |
      package k8sdenied
      import data.lib.names
      violation[{"msg": msg, "details": {"name": name}}] {
        name := input.review.object.metadata.name
        names.among(name, input.parameters.names)
        msg := sprintf("%v must not be called %v", [input.review.object.kind, name])
      }
    libs:
    - |
      package lib.names
      among(name, found) { name == found[_] }"""
CEL = """code:
    - engine: K8sNativeValidation
      source:
        variables: [{name: name, expression: variables.anyObject.metadata.name}]
        validations:
        - expression: "!(variables.name in variables.params.names)"
          messageExpression: "variables.anyObject.kind + ' must not be called ' + variables.name"
    - engine: Rego
      source:
        rego: |
          package k8sdenied
          violation[{"msg": "by Rego"}] { true }"""
CONSTRAINT = """apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sDenied
metadata: {{name: no-bob}}
spec: {{parameters: {{names: [bob]}}{spec}}}
"""
POD: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bob", "namespace": "shop"}}
SHOP: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "a"}}}


def template(code: str = REGO, version: str = "v1", annotations: str = "") -> str:
    return TEMPLATE.format(code=code, version=version, annotations=annotations)


def constraint(spec: str = "") -> str:
    return CONSTRAINT.format(spec=f", {spec}" if spec else "")


def read(*documents: str) -> loading.Loaded:
    return loading.read(manifest.read("\n---\n".join(documents), "p.yaml"))


def policy(*documents: str) -> ConstraintPolicy:
    loaded = read(*documents)
    assert not loaded.problems, [str(problem) for problem in loaded.problems]
    (found,) = (item for item in loaded.policies() if isinstance(item, ConstraintPolicy))
    return found


def request(item: Object = POD, operation: Operation = Operation.CREATE, **more: Any) -> AdmissionRequest:
    kind, metadata = GroupVersionKind.of(item), item["metadata"]
    new, old = (None, item) if operation is Operation.DELETE else (item, None)
    name, namespace = metadata.get("name", ""), metadata.get("namespace", "")
    made = AdmissionRequest("u", kind, resource_of(kind), operation, name, namespace, object=new, old_object=old)
    return replace(made, **more)


def said(results: tuple[RuleResult, ...]) -> list[tuple[Outcome, str]]:
    return [(item.outcome, item.message) for item in results]


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
@pytest.mark.parametrize("code", [REGO, CEL])
def test_a_constraint_denies_with_its_message(version: str, code: str) -> None:
    found = policy(template(code, version), constraint())
    results = found.validate(request(), World())
    assert said(results) == [(Outcome.FAIL, "Pod must not be called bob")]
    assert results[0].policy == "K8sDenied/no-bob"
    assert results[0].details == {"details": {"name": "bob"} if code is REGO else {}}
    assert not deciding.decide(results).allowed
    alice = {**POD, "metadata": {"name": "alice", "namespace": "shop"}}
    assert said(found.validate(request(alice), World())) == [(Outcome.PASS, "")]


@pytest.mark.parametrize("code", [REGO, CEL])
def test_on_delete_the_object_is_the_one_that_goes(code: str) -> None:
    found = policy(template(code), constraint())
    assert said(found.validate(request(operation=Operation.DELETE), World()))[0][0] is Outcome.FAIL
    without = replace(request(operation=Operation.DELETE), old_object=None)
    (result,) = found.validate(without, World())
    assert result.outcome is Outcome.ERROR
    assert "oldObject cannot be nil" in result.message


@pytest.mark.parametrize(
    ("spec", "actions"),
    [
        ("", (Action.DENY, Action.DENY, Action.DENY)),
        ("enforcementAction: warn", (Action.WARN, Action.WARN, Action.WARN)),
        ("enforcementAction: dryrun", (Action.AUDIT, Action.AUDIT, Action.AUDIT)),
        (
            "enforcementAction: scoped, scopedEnforcementActions: [{action: warn, enforcementPoints: [{name: "
            "validation.gatekeeper.sh}]}, {action: deny, enforcementPoints: [{name: gator.gatekeeper.sh}]}]",
            (Action.WARN, None, Action.DENY),
        ),
        (
            "enforcementAction: scoped, scopedEnforcementActions: [{action: dryrun, enforcementPoints: [{name: '*'}]}, "
            "{action: deny, enforcementPoints: [{name: audit.gatekeeper.sh}]}]",
            (Action.AUDIT, Action.DENY, Action.AUDIT),
        ),
    ],
)
def test_what_happens_depends_on_the_enforcement_point(spec: str, actions: tuple[Action | None, ...]) -> None:
    found = policy(template(), constraint(spec))
    for point, action in zip((WEBHOOK, AUDIT, GATOR), actions, strict=True):
        results = found.at(point).validate(request(), World())
        assert [item.action for item in results] == ([action] if action else [])


@pytest.mark.parametrize(
    ("match", "taken"),
    [
        ("", True),
        ("kinds: [{apiGroups: [''], kinds: [Pod]}]", True),
        ("kinds: [{apiGroups: [apps], kinds: ['*']}, {kinds: [Pod]}]", True),
        ("kinds: [{apiGroups: [apps], kinds: [Pod]}]", False),
        ("scope: Cluster", False),
        ("scope: Namespaced", True),
        ("namespaces: [sh*]", True),
        ("namespaces: ['*op']", True),
        ("namespaces: ['*ho*']", True),
        ("namespaces: [other]", False),
        ("excludedNamespaces: [shop]", False),
        ("excludedNamespaces: ['kube-*']", True),
        ("labelSelector: {matchLabels: {a: b}}", False),
        ("labelSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}", True),
        ("namespaceSelector: {matchLabels: {team: a}}", True),
        ("namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [a]}]}", False),
        ("name: bo*", True),
        ("name: alice", False),
        ("source: Original", True),
        ("source: Generated", False),
    ],
)
def test_match(match: str, taken: bool) -> None:
    found = policy(template(), constraint(f"match: {{{match}}}"))
    world = World(cluster=GivenCluster([SHOP]))
    assert bool(found.validate(request(), world)) is taken


def test_match_of_namespaces_generated_names_and_unknown_namespaces() -> None:
    assert Match(scope="Cluster", namespaces=("shop",)).takes(Target(SHOP))
    assert Match(namespace_labels={"matchLabels": {"team": "a"}}).takes(Target(SHOP))
    generated = {"kind": "Pod", "metadata": {"generateName": "web-"}}
    assert Match(name="web-*").takes(Target(generated))
    assert not Match(name="*-web").takes(Target(generated))
    assert Match(source=GENERATED).takes(Target(POD, None, GENERATED))
    with pytest.raises(Malformed, match="needs the Namespace"):
        Match(namespace_labels={"matchLabels": {"a": "b"}}).takes(Target(POD))
    found = policy(template(), constraint("match: {namespaceSelector: {matchLabels: {a: b}}}"))
    (result,) = found.validate(request(), World())
    assert (result.outcome, result.action) == (Outcome.ERROR, Action.DENY)


@pytest.mark.parametrize(("pattern", "name", "fits"), [("a", "a", True), ("*", "", True), ("a*b", "axb", False)])
def test_wildcards_stand_at_the_ends_only(pattern: str, name: str, fits: bool) -> None:
    assert like(pattern, name) is fits


def test_namespaces_are_spared_by_label_and_by_configuration() -> None:
    config = """apiVersion: config.gatekeeper.sh/v1alpha1
kind: Config
metadata: {name: config}
spec: {match: [{processes: [webhook], excludedNamespaces: [kube-*]}]}
"""
    found = policy(template(), constraint(), config)
    ignored = World(namespace_labels={"shop": {"admission.gatekeeper.sh/ignore": ""}})
    assert found.validate(request(), ignored) == ()
    system = {**POD, "metadata": {"name": "bob", "namespace": "kube-system"}}
    assert found.validate(request(system), World()) == ()
    assert found.validate(request(), World()) != ()


@pytest.mark.parametrize(
    ("documents", "said_of_it"),
    [
        ([template().replace("name: k8sdenied", "name: other")], "must be named 'k8sdenied'"),
        ([template().replace("validation:", "validations:")], "spec.crd.spec.validations: this field is not known"),
        ([template("operations: [CREATE]")], "neither rego nor code"),
        ([template(REGO.replace("violation[", "deny["))], "there is no rule violation"),
        ([template(REGO.replace("names.among", "names.amongst"))], "there is no function names.amongst"),
        ([template(REGO.replace("libs:", "lib:"))], "targets[0].lib: this field is not known"),
        ([template(CEL.replace("variables.name in", "variables.name ein"))], "validations[0].expression"),
        ([template(CEL.replace("name: name", "name: params"))], "reserved name"),
        ([template(), constraint().replace("[bob]", "bob")], "spec.parameters.names: must be array, not string"),
        ([template(), constraint().replace("names: [bob]", "")], "spec.parameters.names: is missing"),
        ([template(), constraint("match: {kind: [Pod]}")], "spec.match.kind: this field is not known"),
        ([template(), constraint("enforcementAction: block")], "none of deny, warn, dryrun, scoped"),
        ([template(), constraint("enforcementAction: scoped")], "scopedEnforcementActions: must be there"),
        ([template(), constraint("match: {labelSelector: {matchExpressions: [{key: a, operator: Is}]}}")], "'Is'"),
        ([constraint()], "there is no template for K8sDenied"),
        ([template(), template()], "a second template for K8sDenied"),
    ],
)
def test_what_cannot_be_evaluated_is_a_problem_with_its_place(documents: list[str], said_of_it: str) -> None:
    loaded = read(*documents)
    assert any(said_of_it in problem.what for problem in loaded.problems), loaded.problems
    assert all(problem.what.startswith("p.yaml:") for problem in loaded.problems)
    assert not loaded.policies()


def test_an_unknown_parameter_is_remarked_on() -> None:
    found = manifest.read(template() + "---\n" + constraint().replace("[bob]", "[bob], nams: [x]"), "p.yaml")
    assert loading.remarks(found) == ["p.yaml:27: K8sDenied no-bob: spec.parameters.nams: this field is not known"]


INVENTORY = """rego: |
      package k8sdenied
      violation[{"msg": name}] {
        data.inventory.namespace["shop"]["v1"].Service[name]
        input.review.namespaceObject == null
      }
      violation[{"msg": msg}] {
        msg := data.inventory.cluster["v1"].Namespace[_].metadata.labels.team
      }"""


def test_the_inventory_holds_the_kinds_that_are_wanted() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}
    world = World(cluster=GivenCluster([service, SHOP]))
    sync = """apiVersion: syncset.gatekeeper.sh/v1alpha1
kind: SyncSet
metadata: {name: s}
spec: {gvks: [{group: "", version: v1, kind: Namespace}]}
"""
    found = policy(template(INVENTORY), constraint(), sync)
    assert said(found.validate(request(), world)) == [(Outcome.FAIL, "a")]
    wanted = '[[{"groups": [""], "versions": ["v1"], "kinds": ["Service", "Namespace"]}]]'
    annotation = f", annotations: {{metadata.gatekeeper.sh/requires-sync-data: '{wanted}'}}"
    annotated = template(INVENTORY, annotations=annotation)
    both = policy(annotated, constraint()).validate(request(SHOP), world)
    assert {item.message for item in both} == {"a", "web"}
    assert loading.remarks(manifest.read(template(INVENTORY), "p.yaml")) != []


def test_policies_see_the_request() -> None:
    code = """rego: |
      package k8sdenied
      violation[{"msg": msg}] {
        review := input.review
        msg := sprintf("%v %v %v %v", [review.operation, review.userInfo.username, review.kind.kind, review.namespace])
      }
      violation[{"msg": 1}] { input.review.dryRun }
      violation[{"no": 1}] { true }"""
    found = policy(template(code), constraint())
    asked = request(user=UserInfo("ann", groups=("dev",)), dry_run=True)
    results = said(found.validate(asked, World()))
    assert (Outcome.FAIL, "CREATE ann Pod shop") in results
    assert any(outcome is Outcome.ERROR and "is no text" in message for outcome, message in results)
    assert len(results) == 2


def test_an_evaluation_that_fails_is_an_error_and_denies() -> None:
    code = """rego: |
      package k8sdenied
      a = 1 { true }
      a = 2 { true }
      violation[{"msg": m}] { m := a }"""
    results = policy(template(code), constraint()).validate(request(), World())
    assert [item.outcome for item in results] == [Outcome.ERROR]
    assert not deciding.decide(results).allowed


def test_what_a_generator_makes_is_judged_too() -> None:
    expansion = """apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: pods}
spec:
  applyTo: [{groups: [apps], kinds: [Deployment], versions: [v1]}]
  templateSource: spec.template
  enforcementAction: warn
  generatedGVK: {group: "", version: v1, kind: Pod}
"""
    deployment: Object = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"metadata": {}, "spec": {}}},
    }
    limited = constraint("match: {kinds: [{kinds: [Pod]}]}").replace("bob", "web-pod")
    (result,) = policy(template(), limited, expansion).validate(request(deployment), World())
    assert result.message == "[Implied by pods] Pod must not be called web-pod"
    assert result.action is Action.WARN


SCHEMA: Object = {
    "type": "object",
    "properties": {
        "n": {"type": "integer", "minimum": 1, "maximum": 5, "multipleOf": 2},
        "s": {"type": "string", "pattern": "^a+$", "maxLength": 3, "enum": ["a", "aa", "b"]},
        "q": {"x-kubernetes-int-or-string": True},
        "l": {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 1},
        "m": {"type": "object", "additionalProperties": {"type": "number"}, "maxProperties": 1},
        "e": {"anyOf": [{"type": "string"}, {"required": ["x"]}], "nullable": True},
    },
}


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"n": 2, "s": "aa", "q": "5%", "l": [True], "m": {"a": 1.5}, "e": None}, 0),
        ({"n": 2.0, "q": 3, "e": "x"}, 0),
        ({"n": 7}, 2),
        ({"n": True}, 1),
        ({"s": "b"}, 1),
        ({"s": "aaaa"}, 2),
        ({"q": 1.5}, 1),
        ({"l": []}, 1),
        ({"l": [True, True]}, 1),
        ({"l": [1]}, 1),
        ({"m": {"a": "x", "b": 1}}, 2),
        ({"e": {"y": 1}}, 1),
        ([], 1),
    ],
)
def test_schemas(value: Any, wrong: int) -> None:
    assert len([*problems(SCHEMA, value, "p")]) == wrong


def test_unknown_fields_are_found_where_the_schema_names_them() -> None:
    schema: Object = {"properties": {"a": {"type": "object", "properties": {"b": {}}}, "c": {"type": "object"}}}
    assert [*unknown(schema, {"a": {"b": {"any": 1}, "x": 1}, "c": {"y": 1}, "z": 1}, "p")] == ["p.a.x", "p.c.y", "p.z"]


SUITE = """kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
tests:
- name: names
  template: template.yaml
  constraint: constraint.yaml
  cases:
  - {name: denied, object: bob.yaml, assertions: [{violations: yes}, {violations: 1, message: "must not .* bob"}]}
  - {name: default, object: bob.yaml, assertions: [{message: called}]}
  - {name: none, object: alice.yaml, assertions: [{violations: no}, {violations: 0}]}
  - {name: wrong count, object: bob.yaml, assertions: [{violations: 2}]}
  - {name: wrong text, object: bob.yaml, assertions: [{violations: yes, message: nothing}]}
  - {name: review, object: review.yaml, assertions: [{violations: no}]}
  - {name: bad review, object: bad.yaml, assertions: [{violations: no}]}
  - {name: nothing asserted, object: bob.yaml}
  - {name: bad expression, object: bob.yaml, assertions: [{message: "("}]}
  - {name: absent, object: absent.yaml, assertions: [{violations: no}]}
  - {name: passed over, object: absent.yaml, skip: true, assertions: [{violations: no}]}
- {name: invalid, template: template.yaml, constraint: invalid.yaml, invalid: true}
- {name: not invalid, template: template.yaml, constraint: constraint.yaml, invalid: true}
"""
REVIEW = """apiVersion: admission.k8s.io/v1beta1
kind: AdmissionReview
request:
  operation: DELETE
  oldObject: {apiVersion: v1, kind: Pod, metadata: {name: eve}}
"""


def run(text: str = SUITE) -> dict[tuple[str, str], CaseResult]:
    files = {
        "s/template.yaml": template(),
        "s/constraint.yaml": constraint(),
        "s/invalid.yaml": constraint().replace("[bob]", "1"),
        "s/bob.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: bob}}",
        "s/alice.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: alice}}",
        "s/review.yaml": REVIEW,
        "s/bad.yaml": REVIEW.replace("operation", "operations"),
    }

    def opened(path: str) -> bytes:
        if path not in files:
            raise InputError(f"there is no {path}")
        return files[path].encode()

    (suite,) = manifest.read(text, "s/suite.yaml")
    return {(result.test, result.case): result for result in SuiteRunner(opened).run(suite)}


def test_suites_are_run_as_gator_does() -> None:
    found = run()
    assert {key[1] or key[0]: result.outcome for key, result in found.items()} == {
        "denied": "pass",
        "default": "pass",
        "none": "pass",
        "wrong count": "fail",
        "wrong text": "fail",
        "review": "pass",
        "bad review": "fail",
        "nothing asserted": "fail",
        "bad expression": "fail",
        "absent": "fail",
        "passed over": "skip",
        "invalid": "pass",
        "not invalid": "fail",
    }
    assert "1 violations, 2 are wanted; messages: 'Pod must not be called bob'" in found["names", "wrong count"].fault
    assert "request.operations: this field is not known" in found["names", "bad review"].fault


def test_a_field_of_a_suite_that_is_not_known_is_refused() -> None:
    with pytest.raises(Malformed, match=r"cases\[0\].asserts: this field is not known"):
        run(SUITE.replace("assertions: [{violations: yes}", "asserts: [], assertions: [{violations: yes}"))
