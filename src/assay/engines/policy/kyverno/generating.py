"""Generate rules: objects made of data, or as copies of others.

Example: ``generate: {apiVersion: v1, kind: ConfigMap, name: zk, namespace: "{{ request.namespace }}", data: {...}}``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assay.engines.policy.cel.fields import flag, mapping, objects, only, text, texts, wrong
from assay.engines.policy.kyverno import clauses, entries, filters
from assay.engines.policy.kyverno.answers import Answer, Asked
from assay.engines.policy.kyverno.clauses import Clauses
from assay.engines.policy.kyverno.entries import Entry
from assay.engines.policy.kyverno.filter_fields import check_selector
from assay.engines.policy.kyverno.kinds import parse
from assay.engines.policy.kyverno.lists import elements, entered
from assay.engines.policy.kyverno.odd import labels, metadata
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.substitution import Template, query
from assay.engines.policy.queries.faults import BadQuery
from assay.model.policy import GroupVersionKind, Object, Outcome

_OBJECT = ("apiVersion", "kind", "name", "namespace", "uid", "data", "clone", "cloneList")
_SWITCHES = ("synchronize", "generateExisting", "orphanDownstreamOnPolicyDelete")
_OWN = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "ownerReferences", "selfLink")


@dataclass(frozen=True, slots=True)
class Made:
    """What one block makes."""

    source: Template
    """All of the block, with its variables."""

    def objects(self, scope: Scope) -> Iterator[Object]:
        """Raises `BadQuery` for a source that is not there."""
        block = self.source.fill(scope)
        if block.get("cloneList"):
            yield from _clone_list(block, scope)
            return
        head = {"apiVersion": block.get("apiVersion", ""), "kind": block.get("kind", "")}
        about = {"name": block.get("name", "")}
        if block.get("namespace"):
            about["namespace"] = block["namespace"]
        if block.get("clone"):
            body = _clone(block, scope)
        else:
            body = block.get("data") if isinstance(block.get("data"), dict) else {}
        yield {**body, **head, "metadata": {**metadata(body), **about}}


def _clone(block: Object, scope: Scope) -> Object:
    source = block["clone"]
    kind = GroupVersionKind.of(block)
    found = _cluster(scope).get(kind, str(source.get("namespace") or ""), str(source.get("name")))
    if found is None:
        raise BadQuery(f"the source {source.get('namespace', '')}/{source.get('name')} is not there to be copied")
    return _copied(found)


def _copied(item: Object) -> Object:
    kept = {key: value for key, value in metadata(item).items() if key not in _OWN}
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": kept}


def _clone_list(block: Object, scope: Scope) -> Iterator[Object]:
    wanted = block["cloneList"]
    for name in wanted.get("kinds") or []:
        kind = parse(name)
        group = "" if kind.group == "*" else kind.group
        version = "" if kind.version == "*" else kind.version
        found = _cluster(scope).list(GroupVersionKind(group, version, kind.kind), str(wanted.get("namespace") or ""))
        for item in found:
            copied = _copied(item)
            if wanted.get("selector") and not filters.selects(wanted["selector"], labels(item)):
                continue
            yield {**copied, "metadata": {**copied["metadata"], "namespace": block.get("namespace", "")}}


def _cluster(scope: Scope) -> Any:
    if scope.world.cluster is None:
        raise BadQuery("an object is to be copied, and there is no cluster to read it from")
    return scope.world.cluster


@dataclass(frozen=True, slots=True)
class Foreach:
    """A block for every element of a list."""

    list: Template
    context: tuple[Entry, ...]
    preconditions: Clauses
    made: Made

    def objects(self, scope: Scope) -> Iterator[Object]:
        """Of all elements."""
        for at, element in enumerate(elements(self.list, scope)):
            inner = entered(scope, element, at, 0)
            entries.enter(inner, self.context)
            if clauses.holds(self.preconditions, inner):
                yield from self.made.objects(inner)


@dataclass(frozen=True, slots=True)
class Generation:
    """The body of a generate rule."""

    blocks: tuple[Made | Foreach, ...]
    synchronize: bool = False

    def ask(self, asked: Asked) -> Answer | None:
        """The objects that are to be made; raises `AssayError`."""
        if asked.is_delete:
            return None
        found = tuple(item for block in self.blocks for item in block.objects(asked.scope))
        return Answer(Outcome.PASS, f"generates {len(found)} objects", generated=found)


def load(value: Object, place: str) -> Generation:
    """Reads ``generate``; raises `Malformed` with the field's place."""
    only(value, (*_OBJECT, *_SWITCHES, "foreach"), place)
    for switch in _SWITCHES:
        flag(value, switch, place, default=False)
    blocks: list[Made | Foreach] = [_foreach(item, where) for item, where in objects(value, "foreach", place)]
    if any(value.get(part) is not None for part in ("data", "clone", "cloneList")) or not blocks:
        blocks.append(_made(value, place))
    return Generation(tuple(blocks), flag(value, "synchronize", place, default=False))


def _made(value: Object, place: str) -> Made:
    only(mapping(value, "clone", place), ("name", "namespace"), f"{place}.clone")
    listed = mapping(value, "cloneList", place)
    only(listed, ("kinds", "namespace", "selector"), f"{place}.cloneList")
    texts(listed, "kinds", f"{place}.cloneList")
    check_selector(mapping(listed, "selector", f"{place}.cloneList"), f"{place}.cloneList.selector")
    if not listed and not (text(value, "kind", place) and text(value, "name", place)):
        wrong(place, "kind and name are needed")
    return Made(Template({part: value[part] for part in _OBJECT if part in value}))


def _foreach(item: Object, place: str) -> Foreach:
    only(item, ("list", "context", "preconditions", *_OBJECT), place)
    return Foreach(
        query(text(item, "list", place)),
        entries.load(item, place),
        clauses.load(item.get("preconditions"), f"{place}.preconditions"),
        _made(item, place),
    )
