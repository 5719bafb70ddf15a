"""Policies asked about resources, in the order of an admission: first all that change, then all that judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from assay.engines.policy.kyverno.odd import metadata
from assay.engines.policy.kyverno.policy import ClassicPolicy
from assay.engines.policy.kyverno_cel.generating import DeletingPolicy
from assay.engines.policy.kyverno_test.policies import Held, Policies
from assay.engines.policy.kyverno_test.reading import TestFile
from assay.engines.policy.kyverno_test.surroundings import Surroundings
from assay.engines.policy.resources import resource_kind, resource_of
from assay.engines.policy.world import World
from assay.formats.manifest import Manifest
from assay.model.policy import AdmissionRequest, GroupVersionKind, Object, Operation, RuleResult

_DEFAULT = "default"
_OPERATIONS = tuple(str(operation) for operation in Operation)


@dataclass(frozen=True, slots=True)
class Response:
    """What one policy says of one object; `target` where the object was changed because of another."""

    policy: Held
    operation: str
    item: Object
    patched: Object
    results: tuple[RuleResult, ...]
    target: bool = False
    payload: str = ""


def responses(test: TestFile, policies: Policies, surroundings: Surroundings) -> Iterator[Response]:
    """Of all resources and payloads."""
    resources = _unique(test.manifests("resources"))
    wanted = {one.operation for one in test.expected() if one.operation}
    classic = surroundings.world_with((), always=False)
    other = surroundings.world_with(resources, always=True)
    for item in resources:
        for operation in sorted({"", *wanted}):
            yield from _Trial(surroundings, item, policies, classic, other).classic(operation)
        for operation in sorted({"CREATE", *wanted}):
            yield from _Trial(surroundings, item, policies, classic, other).others(operation)
    yield from _payloads(test, policies, other)


def _unique(manifests: Iterable[Manifest]) -> list[Object]:
    found: dict[tuple[str, ...], Object] = {}
    for manifest in manifests:
        item = _placed(manifest.object)
        about = metadata(item)
        key = tuple(str(part) for part in (*GroupVersionKind.of(item), about.get("namespace"), about.get("name")))
        found.setdefault(key if about.get("name") else (*key, str(len(found))), item)
    return list(found.values())


def _placed(item: Object) -> Object:
    """A namespaced object without a namespace lives in the default one."""
    kind = GroupVersionKind.of(item)
    about = metadata(item)
    if about.get("namespace") or not resource_kind(kind.group, kind.kind).namespaced:
        return item
    return {**item, "metadata": {**about, "namespace": _DEFAULT}}


def _payloads(test: TestFile, policies: Policies, world: World) -> Iterator[Response]:
    for field in ("jsonPayloads", "jsonPayload", "httpPayloads", "envoyPayloads"):
        for path, document in test.payloads(field):
            for held in policies.held:
                if hasattr(held.policy, "judge_payload"):
                    item = document if isinstance(document, dict) else {}
                    results = held.policy.judge_payload(document, world)
                    patched = next((one.patched for one in results if one.patched is not None), item)
                    yield Response(held, "", item, patched, results, payload=path)


@dataclass(slots=True)
class _Trial:
    """One resource."""

    surroundings: Surroundings
    item: Object
    policies: Policies
    classic_world: World
    other_world: World

    def classic(self, wanted: str) -> Iterator[Response]:
        """Of the classic policies, for the operation that is `wanted`; where none is, for what the values say."""
        item = self.item
        for held in self._held(ClassicPolicy):
            policy, request = self._asked(held, item, wanted)
            results = policy.mutate(request, self.classic_world)
            patched = _last(results, request)
            if results:
                yield Response(held, wanted, item, patched, results)
            if request.object is not None:
                item = patched
            for result in policy.mutate_existing(request, self.classic_world):
                target = result.details.get("target") or {}
                yield Response(held, wanted, target, target, (result,), target=True)
        for held in self._held(ClassicPolicy):
            policy, request = self._asked(held, item, wanted)
            yield Response(held, wanted, item, item, policy.validate(request, self.classic_world))

    def _held(self, *kinds: type) -> list[Held]:
        return [held for held in self.policies.held if isinstance(held.policy, kinds)]

    def _asked(self, held: Held, item: Object, wanted: str) -> tuple[ClassicPolicy, AdmissionRequest]:
        name = str(metadata(item).get("name") or "")
        values, bare = self.surroundings.values, held.name.rpartition("/")[2]
        own = values.of_resource(held.name, name) or values.of_resource(bare, name)
        operation = wanted or str(own.get("request.operation") or "CREATE")
        item = _with_values(item, own)
        request = self._request(item, operation if operation in _OPERATIONS else "CREATE")
        kept = {key: value for key, value in own.items() if not key.startswith("request.object")}
        kept["request.operation"] = str(request.operation)

        def given(rule: str) -> tuple[Mapping[str, Any], Mapping[str, list[Any]]]:
            found, each = values.of_rule(bare, rule)
            return {**kept, **found}, each

        return held.policy.given(given), request

    def _request(self, item: Object, operation: str) -> AdmissionRequest:
        kind, sub_resource = GroupVersionKind.of(item), ""
        if (parent := self.surroundings.values.parent(kind)) is not None:
            kind, sub_resource = parent
        about = metadata(item)
        return AdmissionRequest(
            uid="test",
            kind=kind,
            resource=resource_of(kind),
            operation=Operation(operation),
            name=str(about.get("name") or ""),
            namespace=str(about.get("namespace") or ""),
            sub_resource=sub_resource,
            object=None if operation == "DELETE" else item,
            old_object=None if operation in ("CREATE", "CONNECT") else item,
            user=self.surroundings.user,
            raw=self.surroundings.raw,
        )

    def others(self, operation: str) -> Iterator[Response]:
        """Of the policies in CEL; each that changes the object is seen by the next."""
        request, world = self._request(self.item, operation), self.other_world
        for held in self.policies.held:
            policy = held.policy
            if isinstance(policy, ClassicPolicy):
                continue
            if isinstance(policy, DeletingPolicy):
                if (result := policy.deletes(self.item, world)) is not None:
                    yield Response(held, operation, self.item, self.item, (result,))
                continue
            results = policy.mutate(request, world)
            patched = _last(results, request)
            after = replace(request, object=patched) if request.object is not None else request
            results += policy.validate(after, world)
            yield Response(held, operation, request.object or self.item, patched, results)
            request = after
            yield from self._existing(held, request, world)

    def _existing(self, held: Held, request: AdmissionRequest, world: World) -> Iterator[Response]:
        if not hasattr(held.policy, "mutate_existing"):
            return
        for result in held.policy.mutate_existing(request, world):
            target = result.patched or result.details.get("target") or {}
            yield Response(held, str(request.operation), target, target, (result,), target=True)


def _last(results: Iterable[RuleResult], request: AdmissionRequest) -> Object:
    """The object as the last of the results leaves it."""
    found = request.object if request.object is not None else request.old_object or {}
    for result in results:
        found = result.patched if result.patched is not None else found
    return found


def _with_values(item: Object, values: Mapping[str, Any]) -> Object:
    """The object with the fields that values set, by ``request.object.a.b``."""
    for path, value in values.items():
        parts = path.split(".")
        if parts[:2] == ["request", "object"] and len(parts) > 2:
            item = _set(item, parts[2:], value)
    return item


def _set(item: Any, parts: list[str], value: Any) -> Any:
    if not parts:
        return value
    held = item if isinstance(item, dict) else {}
    return {**held, parts[0]: _set(held.get(parts[0]), parts[1:], value)}
