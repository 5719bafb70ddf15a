"""Mutators and ExpansionTemplates; ``gatekeeper_samples/expanded.yaml`` is what ``gator expand`` 3.23.1 made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from assay.engines.policy.gatekeeper import image_parts, loading
from assay.engines.policy.gatekeeper.expansion import Expander
from assay.engines.policy.gatekeeper.image_parts import ImageParts
from assay.engines.policy.gatekeeper.locations import Element, Field, parse
from assay.engines.policy.gatekeeper.matching import Target
from assay.engines.policy.gatekeeper.mutation import Mutators
from assay.engines.policy.resources import resource_of
from assay.engines.policy.world import World
from assay.errors import ExternalError, Malformed
from assay.formats import manifest
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object, Operation, Outcome

SAMPLES = Path(__file__).parent / "gatekeeper_samples"
POD: Object = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a", "namespace": "shop"},
    "spec": {"containers": [{"name": "main", "image": "nginx:1", "args": ["--a"]}]},
}
HEAD = "apiVersion: mutations.gatekeeper.sh/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n"
BOUND = "  applyTo: [{groups: [''], versions: [v1], kinds: [Pod]}]\n"


def mutator(kind: str, spec: str, name: str = "m") -> str:
    bound = "" if kind == "AssignMetadata" else BOUND
    return HEAD.format(kind=kind, name=name) + bound + "".join(f"  {line}\n" for line in spec.splitlines())


def loaded(*documents: str) -> loading.Loaded:
    return loading.read(manifest.read("---\n".join(documents), "m.yaml"))


def applied(*documents: str, item: Object = POD, world: World | None = None) -> Object | None:
    found = loaded(*documents)
    assert not found.problems, [str(problem) for problem in found.problems]
    change = Mutators.of(found.mutators, found.providers).apply(Target(item), "CREATE", world or World(), "ann")
    return change.object if change else None


def test_what_gator_expands_and_mutates_comes_out_the_same() -> None:
    items = manifest.read((SAMPLES / "expansion.yaml").read_bytes(), "expansion.yaml")
    found = loading.read(items)
    expander = Expander(tuple(found.expansions), Mutators.of(found.mutators, {}))
    made = expander.expand(items[-1].object, None, World())
    expected = manifest.read((SAMPLES / "expanded.yaml").read_bytes(), "expanded.yaml")
    assert not found.problems
    assert [item.object for item in made] == [item.object for item in expected]
    assert made[0].template == "expand-deployments"


@pytest.mark.parametrize(
    ("source", "location"),
    [
        ("spec.a", (Field("spec"), Field("a"))),
        ("spec.c[name: *].x", (Field("spec"), Field("c"), Element("name", None), Field("x"))),
        ('spec.c["na me": "a.b"]', (Field("spec"), Field("c"), Element("na me", "a.b"))),
        ("spec.c[port: 80]", (Field("spec"), Field("c"), Element("port", 80))),
        (r'metadata."a\"b"', (Field("metadata"), Field('a"b'))),
    ],
)
def test_locations(source: str, location: object) -> None:
    assert parse(source) == location


@pytest.mark.parametrize(
    "source", ["", ".", "a.", "a..b", "a[b]", "a[b: ]", "a[b: c", "a[b: c][d: e]", "a b", "a/b", '"a']
)
def test_what_is_no_location(source: str) -> None:
    with pytest.raises(Malformed):
        parse(source)


def test_a_missing_part_is_made_unless_it_must_exist() -> None:
    made = applied(mutator("Assign", "location: spec.a.b\nparameters: {assign: {value: 1}}"))
    assert made is not None
    assert made["spec"]["a"] == {"b": 1}
    tests = "pathTests: [{subPath: spec.a, condition: MustExist}]"
    assert applied(mutator("Assign", f"location: spec.a.b\nparameters: {{{tests}, assign: {{value: 1}}}}")) is None


def test_labels_are_added_and_never_changed() -> None:
    text = mutator("AssignMetadata", "location: metadata.labels.x\nparameters: {assign: {value: new}}")
    made = applied(text)
    assert made is not None
    assert made["metadata"]["labels"] == {"x": "new"}
    assert applied(text, item=made) is None


def test_mutators_are_applied_until_nothing_changes_any_more() -> None:
    merge = mutator("ModifySet", "location: spec.x\nparameters: {values: {fromList: [a]}}", "one")
    prune = mutator("ModifySet", "location: spec.x\nparameters: {operation: prune, values: {fromList: [a]}}", "two")
    assert applied(merge, prune) == {**POD, "spec": {**POD["spec"], "x": []}}
    one = mutator("Assign", "location: spec.x\nparameters: {assign: {value: a}}", "one")
    two = mutator("Assign", "location: spec.x\nparameters: {assign: {value: b}}", "two")
    assert applied(one, two) == {**POD, "spec": {**POD["spec"], "x": "b"}}


def test_mutators_that_take_a_field_for_different_things_are_both_refused() -> None:
    one = mutator("Assign", "location: 'spec.x[name: a].y'\nparameters: {assign: {value: 1}}", "one")
    two = mutator("Assign", "location: spec.x.y\nparameters: {assign: {value: 1}}", "two")
    found = loaded(one, two)
    assert not found.mutators
    assert ["Assign/one" in problem.what for problem in found.problems] == [True, True]


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("Assign", "location: metadata.labels.x\nparameters: {assign: {value: a}}", "cannot change metadata"),
        ("Assign", "location: 'spec.a[name: b].name'\nparameters: {assign: {value: a}}", "the key of an element"),
        ("Assign", "location: 'spec.a[name: b]'\nparameters: {assign: {value: a}}", "must be an object"),
        ("Assign", "location: spec.a\nparameters: {assign: {}}", "one of value"),
        ("Assign", "location: spec.a\nparameters: {assign: {value: 1, fromMetadata: {field: name}}}", "one of value"),
        ("Assign", "location: spec.a\nparameters: {assign: {fromMetadata: {field: uid}}}", "none of name, namespace"),
        ("Assign", "location: spec.a\nparameters: {asign: {value: 1}}", "spec.parameters.asign: this field"),
        ("AssignMetadata", "location: spec.a\nparameters: {assign: {value: a}}", "must be metadata.labels.NAME"),
        ("AssignMetadata", "location: metadata.labels.x\nparameters: {assign: {value: 1}}", "must be a text"),
        ("ModifySet", "location: 'spec.a[name: b]'\nparameters: {values: {fromList: []}}", "must not end in a list"),
        ("ModifySet", "location: spec.a\nparameters: {operation: add}", "none of merge, prune"),
        ("AssignImage", "location: spec.a\nparameters: {}", "none of assignDomain"),
        ("AssignImage", "location: spec.a\nparameters: {assignPath: gcr.io/a}", "looks like a domain"),
        ("AssignImage", "location: spec.a\nparameters: {assignTag: v1}", "neither :TAG nor @DIGEST"),
    ],
)
def test_what_gatekeeper_refuses_is_refused(kind: str, spec: str, said: str) -> None:
    (problem,) = loaded(mutator(kind, spec)).problems
    assert said in problem.what
    assert problem.what.startswith(f"m.yaml:1: {kind} m: ")


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("nginx", ImageParts("", "nginx", "")),
        ("nginx:1", ImageParts("", "nginx", ":1")),
        ("a/b", ImageParts("", "a/b", "")),
        ("localhost/b:1@sha256:ab", ImageParts("localhost", "b", ":1@sha256:ab")),
        ("r.example:5000/a/b@sha256:ab", ImageParts("r.example:5000", "a/b", "@sha256:ab")),
    ],
)
def test_images_are_taken_apart(reference: str, parts: ImageParts) -> None:
    assert image_parts.split(reference) == parts
    assert str(parts) == reference


PROVIDER = """apiVersion: externaldata.gatekeeper.sh/v1beta1
kind: Provider
metadata: {name: tags}
spec: {url: "https://tags.example/", timeout: 3, caBundle: Y2E=}
"""
EXTERNAL = "location: 'spec.containers[name: *].image'\nparameters: {assign: {externalData: {provider: tags%s}}}"


class Web:
    """Answers as a provider does; remembers what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, list[tuple[str, str, bytes | None, str]]()

    def call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], ca: str) -> object:
        self.asked.append((method, url, body, ca))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def item(value: str) -> Object:
    return {"response": {"idempotent": True, "items": [{"key": "nginx:1", "value": value}]}}


def test_a_provider_is_asked_once_for_all_keys() -> None:
    web = Web(item("nginx@sha256:ab"))
    made = applied(PROVIDER, mutator("Assign", EXTERNAL % ""), world=World(http=web))
    assert made is not None
    assert made["spec"]["containers"][0]["image"] == "nginx@sha256:ab"
    request = (
        b'{"apiVersion":"externaldata.gatekeeper.sh/v1beta1","kind":"ProviderRequest","request":{"keys":["nginx:1"]}}'
    )
    assert web.asked == [("POST", "https://tags.example/", request, "ca")]


@pytest.mark.parametrize(
    "answer",
    [
        ExternalError("down"),
        {"nothing": 1},
        {"response": {"idempotent": True, "systemError": "broken", "items": []}},
        {"response": {"idempotent": False, "items": [{"key": "nginx:1", "value": "x"}]}},
        {"response": {"idempotent": True, "items": [{"key": "nginx:1", "error": "unknown"}]}},
        {"response": {"idempotent": True, "items": []}},
    ],
)
def test_a_provider_that_fails_is_an_error_or_passed_over_or_has_a_default(answer: Any) -> None:
    world = World(http=Web(answer))
    with pytest.raises(Malformed):
        applied(PROVIDER, mutator("Assign", EXTERNAL % ""), world=world)
    kept = applied(PROVIDER, mutator("Assign", EXTERNAL % ", failurePolicy: Ignore"), world=world)
    assert kept is None or kept["spec"]["containers"][0]["image"] == "nginx:1"
    default = ", failurePolicy: UseDefault, default: none"
    used = applied(PROVIDER, mutator("Assign", EXTERNAL % default), world=world)
    assert used is not None
    assert used["spec"]["containers"][0]["image"] == "none"


def request(item: Object, operation: Operation = Operation.CREATE) -> AdmissionRequest:
    kind = GroupVersionKind.of(item)
    old = item if operation is not Operation.CREATE else None
    new = item if operation is not Operation.DELETE else None
    return AdmissionRequest("u", kind, resource_of(kind), operation, "a", "shop", object=new, old_object=old)


def test_mutators_are_one_policy_for_requests() -> None:
    found = loaded(mutator("AssignMetadata", "location: metadata.labels.x\nparameters: {assign: {value: given}}"))
    (policy,) = found.policies()
    (result,) = policy.mutate(request(POD), World())
    assert result.outcome is Outcome.PASS
    assert result.patched is not None
    assert result.patched["metadata"]["labels"] == {"x": "given"}
    assert "labels" not in POD["metadata"]
    assert policy.mutate(request(POD, Operation.DELETE), World()) == ()
    spared = World(namespace_labels={"shop": {"admission.gatekeeper.sh/ignore": "yes"}})
    assert policy.mutate(request(POD), spared) == ()


def test_an_object_of_another_shape_is_an_error() -> None:
    (policy,) = loaded(mutator("Assign", "location: spec.containers.x\nparameters: {assign: {value: y}}")).policies()
    (result,) = policy.mutate(request(POD), World())
    assert result.outcome is Outcome.ERROR
    assert "Assign/m: x: there is list, not an object" in result.message


def test_templates_that_expand_each_other_in_a_circle_are_refused() -> None:
    text = """apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {{name: {0}}}
spec:
  applyTo: [{{groups: [x], versions: [v1], kinds: [{1}]}}]
  templateSource: spec.template
  generatedGVK: {{group: x, version: v1, kind: {2}}}
"""
    found = loaded(text.format("one", "A", "B"), text.format("two", "B", "A"), text.format("three", "B", "C"))
    assert [item.name for item in found.expansions] == ["three"]
    (problem,) = loaded(text.format("self", "A", "A")).problems
    assert "it would expand what it makes itself" in problem.what
