"""Kyverno's CEL kinds: modes, generated forms for controllers, exceptions, mutation, generation and deletion."""

from __future__ import annotations

import base64
import hmac
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.kyverno_cel import autogen, language
from assay.engines.policy.kyverno_cel.generating import DeletingPolicy
from assay.engines.policy.kyverno_cel.loading import KINDS, load
from assay.engines.policy.kyverno_cel.mutating import MutatingPolicy
from assay.engines.policy.kyverno_cel.validating import ValidatingPolicy
from assay.engines.policy.resources import resource_of
from assay.engines.policy.world import World
from assay.errors import ExternalError, Malformed
from assay.formats.manifest import Manifest
from assay.model.policy import Action, AdmissionRequest, GroupVersionKind, Operation, Outcome, RuleResult, UserInfo

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PODS: dict[str, Any] = {
    "resourceRules": [
        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["pods"]}
    ]
}
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "team", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "a", "image": "registry.example/a:1"}]},
}


def controller(kind: str) -> dict[str, Any]:
    """A controller that makes `POD`."""
    template = {"metadata": {"labels": POD["metadata"]["labels"]}, "spec": POD["spec"]}
    version, spec = "apps/v1", {"template": template}
    if kind == "CronJob":
        version, spec = "batch/v1", {"jobTemplate": {"spec": {"template": template}}}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web", "namespace": "team"}, "spec": spec}


def manifest(kind: str, spec: dict[str, Any], version: str = "v1", **metadata: Any) -> Manifest:
    item: dict[str, Any] = {
        "apiVersion": f"policies.kyverno.io/{version}",
        "kind": kind,
        "metadata": {"name": "p", **metadata},
    }
    return Manifest({**item, "spec": spec}, "p.yaml", 1)


def validating(spec: dict[str, Any], *others: Manifest, **more: Any) -> ValidatingPolicy:
    found = load(manifest("ValidatingPolicy", {"matchConstraints": PODS, **spec}, **more), others)
    assert isinstance(found, ValidatingPolicy)
    return found


def request(item: dict[str, Any], operation: Operation = Operation.CREATE, **more: Any) -> AdmissionRequest:
    kind, metadata = GroupVersionKind.of(item), item["metadata"]
    found = AdmissionRequest("u", kind, resource_of(kind), operation, metadata["name"], metadata.get("namespace", ""))
    return replace(found, **{"object": item, **more})


def only(results: tuple[RuleResult, ...]) -> RuleResult:
    (found,) = results
    return found


def world(*objects: dict[str, Any], **more: Any) -> World:
    return World(cluster=GivenCluster(objects), now=lambda: NOW, **more)


def says(expression: str, item: dict[str, Any] | None = None, there: World | None = None, **more: Any) -> RuleResult:
    """What a policy with one validation says of the pod."""
    policy = validating({"validations": [{"expression": expression, "message": "no"}]})
    return only(policy.validate(request(item or POD, **more), there or world()))


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
def test_every_version_is_read(version: str) -> None:
    policy = load(
        manifest("ValidatingPolicy", {"matchConstraints": PODS, "validations": [{"expression": "false"}]}, version)
    )
    found = only(policy.validate(request(POD), world()))
    assert (found.policy, found.outcome, found.action) == ("p", Outcome.FAIL, Action.DENY)


def test_the_first_validation_that_fails_is_told() -> None:
    spec = {
        "validations": [{"expression": "true"}, {"expression": "false", "message": "second"}, {"expression": "1/0 > 1"}]
    }
    assert only(validating(spec).validate(request(POD), world())).message == "second"


@pytest.mark.parametrize(
    ("actions", "action"), [([], Action.DENY), (["Audit"], Action.AUDIT), (["Audit", "Warn"], Action.WARN)]
)
def test_actions_are_those_of_the_policy(actions: list[str], action: Action) -> None:
    spec = {"validationActions": actions, "validations": [{"expression": "false"}]}
    assert only(validating(spec).validate(request(POD), world())).action is action


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob"])
def test_a_policy_about_pods_is_about_what_makes_pods_too(kind: str) -> None:
    spec = {
        "matchConditions": [{"name": "app", "expression": "object.metadata.labels.app == 'web'"}],
        "variables": [{"name": "images", "expression": "object.spec.containers.map(c, c.image)"}],
        "validations": [
            {
                "expression": "variables.images.all(i, i.endsWith(':2'))",
                "messageExpression": "object.metadata.namespace + '/' + object.metadata.name",
            }
        ],
    }
    found = only(validating(spec).validate(request(controller(kind)), world()))
    wanted = "autogen-cronjobs" if kind == "CronJob" else "autogen-defaults"
    assert (found.rule, found.outcome, found.message) == (wanted, Outcome.FAIL, "team/web")
    only_jobs = {**spec, "autogen": {"podControllers": {"controllers": ["jobs"]}}}
    assert validating(only_jobs).validate(request(controller(kind)), world()) == ()


@pytest.mark.parametrize(
    "match",
    [
        {"resourceRules": [{**PODS["resourceRules"][0], "resources": ["pods", "services"]}]},
        {"resourceRules": [{**PODS["resourceRules"][0], "resourceNames": ["web"]}]},
        {**PODS, "objectSelector": {"matchLabels": {"app": "web"}}},
        {**PODS, "namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}},
        {**PODS, "excludeResourceRules": [{"resources": ["pods"], "resourceNames": ["x"]}]},
    ],
)
def test_a_policy_that_matches_more_than_pods_is_left_as_it_is(match: dict[str, Any]) -> None:
    policy = validating({"matchConstraints": match, "validations": [{"expression": "false"}]})
    assert policy.validate(request(controller("Deployment")), world()) == ()


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("object.spec.x && oldObject.spec.x", "object.spec.template.spec.x && oldObject.spec.template.spec.x"),
        ("object.metadata.labels.a", "object.spec.template.metadata.labels.a"),
        ("object.metadata.name + object.metadata.namespace", "object.metadata.name + object.metadata.namespace"),
        ("object.metadata.namespaced", "object.spec.template.metadata.namespaced"),
        ("namespaceObject.metadata.labels.a", "namespaceObject.metadata.labels.a"),
    ],
)
def test_expressions_are_rewritten_for_controllers(expression: str, wanted: str) -> None:
    assert autogen.rewrite(expression, "spec.template") == wanted


def test_a_namespaced_policy_is_in_force_in_its_namespace_and_looks_nowhere_else() -> None:
    spec = {
        "matchConstraints": PODS,
        "validations": [{"expression": "resource.Get('v1', 'configmaps', 'other', 'c') != null"}],
    }
    policy = load(manifest("NamespacedValidatingPolicy", spec, namespace="team"))
    other = {**POD, "metadata": {**POD["metadata"], "namespace": "other"}}
    assert policy.validate(request(other), world()) == ()
    found = only(policy.validate(request(POD), world()))
    assert found.outcome is Outcome.ERROR
    assert "may not look into other" in found.message


CONFIG: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "c", "namespace": "team", "labels": {"a": "b"}},
    "data": {"registry": "registry.example"},
}


class Service:
    """A web service that says back what it was asked."""

    def call(self, method: str, url: str, body: bytes | None, headers: Any, ca: str) -> object:
        if "away" in url:
            raise ExternalError("it is away")
        return {"method": method, "url": url, "sent": (body or b"").decode(), "headers": dict(headers), "ca": ca}


@pytest.mark.parametrize(
    "expression",
    [
        "object.spec.containers[0].image.startsWith(resource.Get('v1', 'configmaps', 'team', 'c').data.registry)",
        "resource.get('v1', 'configmaps', 'team', 'c').metadata.name == 'c'",
        "resource.List('v1', 'configmaps', 'team').items.size() == 1",
        "resource.List('v1', 'configmaps', '', {'a': 'b'}).items.map(i, i.metadata.name) == ['c']",
        "resource.List('v1', 'configmaps', 'team', {'a': 'x'}).items.size() == 0",
        "resource.ToGVR('apps/v1', 'Deployment').Resource == 'deployments'",
        "http.Get('https://a.example/x').url == 'https://a.example/x'",
        "http.Post('https://a.example/x', {'n': 1}, {'X': 'y'}).body.sent == '{\"n\": 1}'",
        "http.Client('PEM').Get('https://a.example').ca == 'PEM'",
        "globalContext.Get('teams', '').size() == 2 && globalContext.Get('teams', 'first') == 'a'",
        "parseServiceAccount(request.userInfo.username).Name == 'bot'",
        "parseServiceAccount(request.userInfo.username).Namespace == 'team'",
        "parseServiceAccount('ann').Name == ''",
        "image('nginx').registry() == 'index.docker.io' && image('nginx').repository() == 'library/nginx'",
        "image('a.example/b:1').tag() == '1' && image('a.example/b').identifier() == 'latest'",
        "!image('a.example/b:1').containsDigest() && isImage('a.example/b') && !isImage('A B')",
        "md5('a') == '0cc175b9c0f1b6a831c399e269772661' && sha1('a').size() == 40 && sha256('a').size() == 64",
        "math.round(10.125, 2) == 10.13 && math.round(12345.6789, -2) == 12300.0",
        "random().matches('^[0-9a-z]{8}$') && random('[A-F]{3}-[0-9]{2}').matches('^[A-F]{3}-[0-9]{2}$')",
        "listObjToMap([{'n': 'a'}], [{'v': 1}], 'n', 'v') == {'a': 1}",
        "transform.listObjToMap([{'n': 'a'}], [{'v': 1}], 'n', 'v').a == 1",
        "json.unmarshal('{\"a\": [1, 2]}').a[1] == 2 && yaml.parse('a: [1, yes]').a == [1, true]",
        "gzip.decompress(gzip.compress('hello')) == 'hello'",
        "time.now() == timestamp('2026-06-01T12:00:00Z')",
        "time.truncate(timestamp('2026-01-02T03:45:27Z'), duration('1h')) == timestamp('2026-01-02T03:00:00Z')",
        "time.toCron(timestamp('2026-01-02T15:30:00Z')) == '30 15 2 1 5'",
        "exceptions.allowedImages.size() == 0",
        "namespaceObject.metadata.name == 'team'",
    ],
)
def test_the_libraries_of_kyverno_answer(expression: str) -> None:
    there = world(
        CONFIG,
        http=Service(),
        global_context=lambda name, projection: "a" if projection else ["a", "b"] if name else None,
    )
    found = says(expression, there=there, user=UserInfo("system:serviceaccount:team:bot"))
    assert found.outcome is Outcome.PASS, found.message


@pytest.mark.parametrize(
    "expression",
    [
        "resource.Get('v1', 'configmaps', 'team', 'missing') == null",
        "http.Get('https://away.example') == null",
        "globalContext.Get('x', '') == null",
        "image.GetMetadata('a.example/b') == null",
        "json.unmarshal('{') == null",
        "yaml.parse('a: [') == null",
        "x509.decode('nothing') == null",
        "random('(a{900}){900}') == ''",
        "listObjToMap([{'n': 'a'}], [], 'n', 'v') == {}",
    ],
)
def test_what_a_library_cannot_tell_is_an_error_and_no_answer(expression: str) -> None:
    assert says(expression, there=world(http=Service())).outcome is Outcome.ERROR


REVIEW = (
    "resource.Post('authorization.k8s.io/v1', 'subjectaccessreviews', {'kind': dyn('Review'), 'spec': dyn({"
    "'user': dyn('ann'), 'resourceAttributes': dyn({'resource': 'secrets', 'verb': '{verb}', 'namespace': 'team'})})})"
)


@pytest.mark.parametrize(("verb", "wanted"), [("get", Outcome.PASS), ("delete", Outcome.FAIL)])
def test_rights_are_reviewed_by_the_roles_of_the_cluster(verb: str, wanted: Outcome) -> None:
    api = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{api}/v1", "kind": "Role", "metadata": {"name": "r", "namespace": "team"}}
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    binding = {
        "apiVersion": f"{api}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": "team"},
        "subjects": [{"kind": "User", "name": "ann"}],
        "roleRef": {"kind": "Role", "name": "r"},
    }
    there = world({**role, "rules": rules}, binding)
    assert says(f"{REVIEW.replace('{verb}', verb)}.status.allowed", there=there).outcome is wanted
    assert says("resource.Post('v1', 'configmaps', 'team', {'a': 1}) != null", there=there).outcome is Outcome.ERROR


def test_without_a_cluster_or_a_network_asking_is_an_error() -> None:
    for expression in ("resource.List('v1', 'pods', '').items.size() > 0", "http.Get('https://a.example') != null"):
        assert says(expression, there=World()).outcome is Outcome.ERROR


def exception(name: str = "e", **spec: Any) -> Manifest:
    item: dict[str, Any] = {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "PolicyException",
        "metadata": {"name": name},
    }
    return Manifest({**item, "spec": {"policyRefs": [{"name": "p", "kind": "ValidatingPolicy"}], **spec}}, "e.yaml", 1)


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({}, "skip"),
        ({"reportResult": "pass"}, "pass"),
        ({"matchConditions": [{"name": "x", "expression": "object.metadata.name == 'web'"}]}, "skip"),
        ({"matchConditions": [{"name": "x", "expression": "object.metadata.name == 'other'"}]}, "fail"),
        ({"matchConditions": [{"name": "x", "expression": "object.nothing == 1"}]}, "error"),
        ({"expiresAt": "2026-06-02T00:00:00Z"}, "skip"),
        ({"expiresAt": "2026-06-01T11:59:59Z"}, "fail"),
        ({"policyRefs": [{"name": "p", "kind": "MutatingPolicy"}]}, "fail"),
        ({"policyRefs": [{"name": "other", "kind": "ValidatingPolicy"}]}, "fail"),
        ({"images": ["registry.example/*"]}, "fail"),
    ],
)
def test_an_exception_takes_objects_out_while_it_lasts(spec: dict[str, Any], wanted: str) -> None:
    policy = validating({"validations": [{"expression": "false"}]}, exception(**spec))
    assert str(only(policy.validate(request(POD), world())).outcome) == wanted


def test_an_exception_of_images_or_values_is_known_to_expressions() -> None:
    text = "object.spec.containers.all(c, c.image in exceptions.allowedImages) && 'v' in exceptions.allowedValues"
    policy = validating(
        {"validations": [{"expression": text}]},
        exception("one", images=["registry.example/a:1"]),
        exception("two", allowedValues=["v"]),
    )
    assert only(policy.validate(request(POD), world())).outcome is Outcome.PASS


def payloads(spec: dict[str, Any], *values: Any, there: World | None = None) -> list[str]:
    policy = load(manifest("ValidatingPolicy", spec))
    assert isinstance(policy, ValidatingPolicy)
    return [str(found.outcome) for value in values for found in policy.judge_payload(value, there or world())]


def test_documents_are_judged_in_the_mode_json() -> None:
    spec = {"evaluation": {"mode": "JSON"}, "validations": [{"expression": "object.value > 10"}]}
    assert payloads(spec, {"value": 15}, {"value": 5}, {}) == ["pass", "fail", "error"]
    assert load(manifest("ValidatingPolicy", spec)).validate(request(POD), world()) == ()


def test_authorizations_are_answered_in_the_mode_http() -> None:
    validations = [
        {"expression": "object.attributes.method == 'GET' ? http.Allowed().Response() : null"},
        {"expression": "object.attributes.Header('X-Key') == ['k'] ? http.Allowed().Response() : null"},
        {"expression": "http.Denied('no').Response()"},
    ]
    spec = {"evaluation": {"mode": "HTTP"}, "validations": validations}
    attributes = [{"method": "GET"}, {"method": "PUT", "header": {"x-key": ["k"]}}, {"method": "PUT"}]
    assert payloads(spec, *({"attributes": item} for item in attributes)) == ["pass", "pass", "fail"]


def test_envoy_is_answered_and_null_decides_nothing() -> None:
    spec = {
        "evaluation": {"mode": "Envoy"},
        "variables": [{"name": "path", "expression": "object.attributes.request.http.path"}],
        "validations": [
            {"expression": "variables.path == '/no' ? envoy.Denied(403).WithBody('n').Response() : null"},
            {"expression": "variables.path == '/ok' ? envoy.Allowed().WithHeader('a', 'b').Response() : null"},
        ],
    }
    paths = [{"attributes": {"request": {"http": {"path": path}}}} for path in ("/no", "/ok", "/other")]
    assert payloads(spec, *paths) == ["fail", "pass", "pass"]


@pytest.mark.parametrize(
    ("mode", "expression"),
    [
        ("HTTP", "object.attributes.header[?'x'].hasValue() || object.attributes.path != '' ? {no} : {yes}"),
        ("Envoy", "object.attributes.request.http.headers[?'x'].hasValue() ? {no} : {yes}"),
        ("Envoy", "object.attributes.context_extensions.size() == 1 ? {yes} : {no}"),
    ],
)
def test_fields_that_a_request_leaves_out_are_empty(mode: str, expression: str) -> None:
    answers = {
        "HTTP": ("http.Allowed().Response()", "http.Denied('no').Response()"),
        "Envoy": ("envoy.Allowed().Response()", "envoy.Denied(403).Response()"),
    }
    text = expression.replace("{yes}", answers[mode][0]).replace("{no}", answers[mode][1])
    spec = {"evaluation": {"mode": mode}, "validations": [{"expression": text}]}
    assert payloads(spec, {"attributes": {"contextExtensions": {"a": "b"}}}) == ["pass"]


def token(claims: dict[str, Any], key: str = "secret") -> str:
    """A JSON web token, signed with a shared secret."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = f"{part(json.dumps({'alg': 'HS256'}).encode())}.{part(json.dumps(claims).encode())}"
    return f"{head}.{part(hmac.new(key.encode(), head.encode(), 'sha256').digest())}"


YEARS = {year: int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2020, 2040)}
TOKEN = token({"role": "guest", "nbf": YEARS[2020], "exp": YEARS[2040]})


@pytest.mark.parametrize(
    ("given", "year", "wanted"),
    [
        (TOKEN, 2026, "pass"),
        (TOKEN, 2050, "fail"),
        (TOKEN, 2010, "fail"),
        (token({}, "other"), 2026, "error"),
        ("x", 2026, "error"),
    ],
)
def test_tokens_are_verified_and_their_times_checked(given: str, year: int, wanted: str) -> None:
    text = "jwt.Decode(object.token, 'secret').Valid && jwt.Decode(object.token, 'secret').Claims.role == 'guest'"
    spec = {
        "evaluation": {"mode": "Envoy"},
        "validations": [{"expression": f"{text} ? envoy.Allowed().Response() : envoy.Denied(401).Response()"}],
    }
    there = replace(world(), now=lambda: datetime(year, 1, 1, tzinfo=UTC))
    assert payloads(spec, {"token": given}, there=there) == [wanted]


def mutating(spec: dict[str, Any], *others: Manifest) -> MutatingPolicy:
    found = load(manifest("MutatingPolicy", {"matchConstraints": PODS, **spec}), others)
    assert isinstance(found, MutatingPolicy)
    return found


ALWAYS = {
    "mutations": [
        {
            "patchType": "ApplyConfiguration",
            "applyConfiguration": {
                "expression": "Object{spec: Object.spec{containers: object.spec.containers.map(c, "
                "Object.spec.containers{name: c.name, imagePullPolicy: 'Always'})}}"
            },
        }
    ]
}


def test_pods_are_mutated_and_what_makes_them_at_their_template() -> None:
    found = only(mutating(ALWAYS).mutate(request(POD), world()))
    assert found.patched is not None
    assert found.patched["spec"]["containers"][0]["imagePullPolicy"] == "Always"
    for kind in ("Deployment", "CronJob"):
        found = only(mutating(ALWAYS).mutate(request(controller(kind)), world()))
        assert found.patched is not None
        spec = found.patched["spec"]
        template = spec["jobTemplate"]["spec"]["template"] if kind == "CronJob" else spec["template"]
        assert template["spec"]["containers"] == [{**POD["spec"]["containers"][0], "imagePullPolicy": "Always"}]


def test_mutations_of_labels_are_put_at_the_template_too() -> None:
    label = "Object{metadata: Object.metadata{labels: Object.metadata.labels{tier: object.metadata.labels.app}}}"
    spec = {"mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": label}}]}
    found = only(mutating(spec).mutate(request(controller("Deployment")), world()))
    assert found.patched is not None
    assert found.patched["spec"]["template"]["metadata"]["labels"] == {"app": "web", "tier": "web"}


def test_objects_that_exist_are_mutated_when_the_trigger_comes() -> None:
    spec = {
        "evaluation": {"mutateExisting": {"enabled": True}},
        "targetMatchConstraints": {
            "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}],
            "objectSelector": {"matchLabels": {"a": "b"}},
        },
        "mutations": [
            {
                "patchType": "ApplyConfiguration",
                "applyConfiguration": {"expression": "Object{data: Object.data{seen: 'yes'}}"},
            }
        ],
    }
    policy = mutating(spec)
    other = {**CONFIG, "metadata": {"name": "d", "namespace": "team"}}
    assert policy.mutate(request(POD), world(CONFIG)) == ()
    found = only(policy.mutate_existing(request(POD), world(CONFIG, other)))
    assert found.patched is not None
    assert found.patched["data"] == {"registry": "registry.example", "seen": "yes"}
    assert policy.mutate_existing(request(controller("Deployment")), world(CONFIG)) == ()


def test_objects_are_generated_from_data_and_from_others() -> None:
    spec = {
        "matchConstraints": {
            "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["namespaces"]}]
        },
        "variables": [
            {"name": "name", "expression": "object.metadata.name"},
            {
                "name": "quota",
                "expression": "[{'kind': dyn('ResourceQuota'), 'apiVersion': 'v1', 'metadata': {'name': 'q'}}]",
            },
        ],
        "generate": [
            {"expression": "generator.Apply(variables.name, variables.quota)"},
            {"expression": "generator.apply(variables.name, [resource.List('v1', 'configmaps', 'team')])"},
        ],
    }
    policy = load(manifest("GeneratingPolicy", spec))
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new"}}
    source = {**CONFIG, "metadata": {**CONFIG["metadata"], "uid": "1", "resourceVersion": "2"}, "status": {}}
    found = only(policy.mutate(request(namespace), world(source)))
    assert (found.outcome, found.action, found.patched) == (Outcome.PASS, Action.AUDIT, None)
    quota, copy = found.generated
    assert quota == {"kind": "ResourceQuota", "apiVersion": "v1", "metadata": {"name": "q", "namespace": "new"}}
    assert copy["metadata"] == {"name": "c", "namespace": "new", "labels": {"a": "b"}}
    assert "status" not in copy
    assert policy.validate(request(namespace), world()) == ()


def test_objects_that_exist_may_be_named_by_an_expression() -> None:
    spec = {
        "evaluation": {"mutateExisting": {"enabled": True}},
        "targetMatchConstraints": {"expression": "resource.List('v1', 'configmaps', object.metadata.namespace)"},
        "targetMatchConditions": [{"name": "labelled", "expression": "has(object.metadata.labels)"}],
        "mutations": [
            {
                "patchType": "ApplyConfiguration",
                "applyConfiguration": {"expression": "Object{data: Object.data{seen: 'yes'}}"},
            }
        ],
    }
    policy = mutating(spec)
    other = {**CONFIG, "metadata": {"name": "d", "namespace": "team"}}
    found = only(policy.mutate_existing(request(POD), world(CONFIG, other)))
    assert found.patched is not None and found.patched["metadata"]["name"] == "c"
    assert found.patched["data"]["seen"] == "yes"
    one = {**spec, "targetMatchConstraints": {"expression": "resource.Get('v1', 'configmaps', 'team', 'c')"}}
    assert only(mutating(one).mutate_existing(request(POD), world(CONFIG, other))).patched is not None
    bad = {**spec, "targetMatchConstraints": {"expression": "'c'"}}
    assert only(mutating(bad).mutate_existing(request(POD), world(CONFIG))).outcome is Outcome.ERROR


TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata: {name: zones, namespace: (( object.metadata.name )), labels: (( object.metadata.labels ))}
data: {greeting: 'hello, (( string(object.metadata.name) ))!', plain: '\\((x))', count: "(( size(variables.names) ))"}
---
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: fixed}
"""


def generating(template: object) -> Any:
    """A policy that generates by a template when a namespace is made."""
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["namespaces"]}]
    variables = [{"name": "names", "expression": "['a', 'b']"}]
    spec = {"matchConstraints": {"resourceRules": rules}, "variables": variables, "generate": [{"template": template}]}
    return load(manifest("GeneratingPolicy", spec))


NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "new", "labels": {"a": "b"}}}


def test_objects_are_generated_by_a_template() -> None:
    found = only(generating({"interpolate": "cel", "value": TEMPLATE}).mutate(request(NAMESPACE), world()))
    config, secret = found.generated
    assert config["metadata"] == {"name": "zones", "namespace": "new", "labels": {"a": "b"}}
    assert config["data"] == {"greeting": "hello, new!", "plain": "((x))", "count": 2}
    assert secret["metadata"]["namespace"] == "fixed"
    plain = "{apiVersion: v1, kind: ConfigMap, metadata: {name: '((a))'}}"
    (config,) = only(generating({"value": plain}).mutate(request(NAMESPACE), world())).generated
    assert config["metadata"]["name"] == "((a))"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ({"interpolate": "cel", "value": "a: (( object.x"}, "has no end"),
        ({"interpolate": "cel", "value": "a: (( nothing ))"}, "generate[0].template.value"),
        ({"interpolate": "cel", "value": "'(( object.x ))': 1"}, "expressions in keys"),
        ({"value": "[1]"}, "one object at least"),
        ({"value": ""}, "one object at least"),
        ({"value": "a: [", "interpolate": "cel"}, "template.value"),
        ({"value": "a: 1", "interpolate": "jinja"}, "interpolate"),
        ({"value": "a: 1", "other": 1}, "other"),
    ],
)
def test_templates_that_are_none_do_not_load(template: object, reason: str) -> None:
    with pytest.raises(Malformed, match=re.escape(reason)):
        generating(template)


@pytest.mark.parametrize("value", ["a: 'x (( object.metadata.labels )) y'", "(( 'text' ))", "{kind: ConfigMap}"])
def test_templates_without_an_answer_are_errors(value: str) -> None:
    found = only(generating({"interpolate": "cel", "value": value}).mutate(request(NAMESPACE), world()))
    assert found.outcome is Outcome.ERROR and not found.generated


@pytest.mark.parametrize(
    ("conditions", "wanted"),
    [(["object.metadata.name == 'web'"], "pass"), (["false"], "fail"), (["object.nothing"], "error"), ([], "pass")],
)
def test_a_deleting_policy_says_what_would_go(conditions: list[str], wanted: str) -> None:
    named = [{"name": str(number), "expression": text} for number, text in enumerate(conditions)]
    match = {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}]}
    policy = load(
        manifest("DeletingPolicy", {"matchConstraints": match, "conditions": named, "schedule": "*/5 * * * *"})
    )
    assert isinstance(policy, DeletingPolicy)
    found = policy.deletes(POD, world())
    assert found is not None
    assert (str(found.outcome), found.action) == (wanted, Action.AUDIT)
    assert policy.deletes(controller("Deployment"), world()) is None
    assert policy.validate(request(POD), world()) == policy.mutate(request(POD), world()) == ()


def test_a_policy_that_is_off_for_admission_is_asked_by_tests_only() -> None:
    spec = {
        "matchConstraints": PODS,
        "evaluation": {"admission": {"enabled": False}},
        "validations": [{"expression": "false"}],
    }
    assert load(manifest("ValidatingPolicy", spec)).validate(request(POD), world()) == ()
    assert (
        only(load(manifest("ValidatingPolicy", spec), everywhere=True).validate(request(POD), world())).outcome
        is Outcome.FAIL
    )


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("ValidatingPolicy", {"validations": [{"expression": "1 +"}]}, "spec.validations[0].expression"),
    ("ValidatingPolicy", {"validation": []}, "spec.validation: this field is not known"),
    ("ValidatingPolicy", {}, "spec.validations: a validating policy needs"),
    ("ValidatingPolicy", {"validations": [{"expression": "generator.Apply('', [])"}]}, "undeclared"),
    (
        "ValidatingPolicy",
        {"validations": [{"expression": "true"}], "evaluation": {"mode": "Magic"}},
        "spec.evaluation.mode",
    ),
    ("ValidatingPolicy", {"validations": [{"expression": "true"}], "evaluation": {"x": {}}}, "spec.evaluation.x"),
    ("ValidatingPolicy", {"validations": [{"expression": "true"}], "autogen": {"x": {}}}, "spec.autogen.x"),
    ("MutatingPolicy", {"mutations": []}, "spec.mutations"),
    ("MutatingPolicy", {"mutations": [{"patchType": "Merge"}]}, "spec.mutations[0].patchType"),
    ("MutatingPolicy", {"mutations": [{"patchType": "JSONPatch"}]}, "spec.mutations[0].jsonPatch"),
    ("GeneratingPolicy", {"generate": []}, "spec.generate"),
    ("GeneratingPolicy", {"generate": [{"template": {}}]}, "spec.generate[0].template"),
    ("DeletingPolicy", {"schedule": "never"}, "spec.schedule"),
    ("DeletingPolicy", {"schedule": "* * * * *", "deletionPropagationPolicy": "Slow"}, "deletionPropagationPolicy"),
]


@pytest.mark.parametrize(("kind", "spec", "said"), REFUSED)
def test_a_policy_that_cannot_be_evaluated_is_refused_with_its_field(
    kind: str, spec: dict[str, Any], said: str
) -> None:
    with pytest.raises(Malformed) as caught:
        load(manifest(kind, {"matchConstraints": PODS, **spec}))
    assert "p.yaml:1: " in str(caught.value)
    assert said in str(caught.value)


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(Malformed, match="v9"):
        load(manifest("ValidatingPolicy", {"validations": [{"expression": "true"}]}, "v9"))


def test_the_folder_loads_policies_with_exceptions_and_leaves_bad_ones_out() -> None:
    assert all(language.takes(GroupVersionKind("policies.kyverno.io", "v1", kind)) for kind in KINDS)
    policy = manifest("ValidatingPolicy", {"matchConstraints": PODS, "validations": [{"expression": "false"}]})
    bad = exception("bad", expiresAt="tomorrow")
    policies, problems = language.load([policy, bad])
    assert only(policies[0].validate(request(POD), world())).outcome is Outcome.FAIL
    assert ["expiresAt" in str(item) for item in problems] == [True]
    assert language.remarks([exception("astray", policyRefs=[{"name": "x"}])]) == [
        "e.yaml:1: the exception is to 'x', which is not there"
    ]
