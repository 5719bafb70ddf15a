"""Mutate rules: strategic merge patches, JSON patches, for every element of lists, and for objects that exist.

Example: ``mutate: {patchStrategicMerge: {metadata: {labels: {+(team): unknown}}}}``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from assay.engines.policy import patching, wildcards
from assay.engines.policy.cel.fields import mapping, objects, only, text, wrong
from assay.engines.policy.kyverno import clauses, entries, filters, strategic
from assay.engines.policy.kyverno.answers import Answer, Asked
from assay.engines.policy.kyverno.clauses import Clauses
from assay.engines.policy.kyverno.entries import Entry
from assay.engines.policy.kyverno.filter_fields import check_selector
from assay.engines.policy.kyverno.lists import elements, entered
from assay.engines.policy.kyverno.odd import labels, metadata
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.kyverno.substitution import Template, query
from assay.engines.policy.queries.faults import BadQuery
from assay.errors import AssayError
from assay.formats.manifest import scalar
from assay.formats.yaml import documents
from assay.model.policy import GroupVersionKind, Object, Outcome

MAX_NESTING = 8
_PATCHES = ("patchStrategicMerge", "patchesJson6902", "foreach")
_TARGET = ("apiVersion", "kind", "namespace", "name", "uid", "selector", "context", "preconditions")
_FOREACH = ("list", "order", "context", "preconditions", *_PATCHES)


@dataclass(frozen=True, slots=True)
class Change:
    """One of a strategic merge patch, a JSON patch, and changes for every element of lists."""

    merge: Template | None = None
    operations: Template | None = None
    foreach: tuple[Foreach, ...] = ()

    def apply(self, item: Object, scope: Scope, level: int = 0) -> Object | None:
        """The object after the change; None where no element asked for one. Raises `AssayError`."""
        if self.merge is not None:
            return strategic.patch(item, self.merge.fill(scope))
        if self.operations is not None:
            return patching.apply(item, _operations(self.operations.fill(scope)))
        changed = False
        for each in self.foreach:
            found = each.apply(item, scope, level)
            if found is not None:
                item, changed = found, True
        return item if changed else None


@dataclass(frozen=True, slots=True)
class Foreach:
    """A change for every element of a list."""

    list: Template
    descending: bool | None
    context: tuple[Entry, ...]
    preconditions: Clauses
    change: Change

    def apply(self, item: Object, scope: Scope, level: int) -> Object | None:
        """The object after the changes of all elements; None where there were none."""
        found = list(enumerate(elements(self.list, scope)))
        down = self.change.operations is None and self.change.merge is not None
        if self.descending if self.descending is not None else down:
            found.reverse()
        changed = False
        for at, element in found:
            if element is None:
                continue
            inner = _with_object(entered(scope, element, at, level), item)
            entries.enter(inner, self.context)
            if not clauses.holds(self.preconditions, inner):
                continue
            result = self.change.apply(item, inner, level + 1)
            if result is not None:
                item, changed = result, True
        return item if changed else None


def _with_object(scope: Scope, item: Object) -> Scope:
    """`scope`, with the object as the changes so far leave it."""
    name = "target" if scope.has("target") else "request.object"
    scope.put(name, item)
    return scope


@dataclass(frozen=True, slots=True)
class Target:
    """Objects that exist, and are changed when another is seen."""

    fields: Template
    selector: Template
    context: tuple[Entry, ...]
    preconditions: Clauses

    def found(self, scope: Scope) -> Iterator[Object]:
        """The objects; raises `BadQuery` without a cluster."""
        if scope.world.cluster is None:
            raise BadQuery("the targets of a rule need a cluster to look them up")
        wanted = self.fields.fill(scope)
        selector = self.selector.fill(scope)
        kind = GroupVersionKind.of(wanted)
        for item in scope.world.cluster.list(kind._replace(version="" if "*" in kind.version else kind.version)):
            if selector and not filters.selects(selector, labels(item)):
                continue
            if all(_like(wanted.get(part), metadata(item).get(part)) for part in ("name", "namespace", "uid")):
                yield item


def _like(pattern: Any, text: Any) -> bool:
    return not pattern or wildcards.match(str(pattern), str(text or ""))


@dataclass(frozen=True, slots=True)
class Mutation:
    """The body of a mutate rule."""

    change: Change
    targets: tuple[Target, ...] = ()

    def ask(self, asked: Asked) -> Answer | None:
        """The object as the rule leaves it; raises `AssayError`."""
        if self.targets or asked.item is None or asked.is_delete:
            return None
        return _answer(asked.item, self.change.apply(asked.item, asked.scope))

    def existing(self, asked: Asked) -> Iterator[Answer]:
        """An answer for each target, with the object in `details` as ``target``."""
        for target in self.targets:
            try:
                found = list(target.found(asked.scope))
            except AssayError as error:
                yield Answer(Outcome.ERROR, error.what)
                continue
            for item in found:
                answer = self._one(target, item, asked)
                if answer is not None:
                    yield answer

    def _one(self, target: Target, item: Object, asked: Asked) -> Answer | None:
        try:
            scope = asked.scope.inner({"target": item})
            entries.enter(scope, target.context)
            if not clauses.holds(target.preconditions, scope):
                return None
            answer = _answer(item, self.change.apply(item, scope))
        except AssayError as error:
            answer = Answer(Outcome.ERROR, error.what)
        return replace(answer, patched=None, details={"target": answer.patched or item})


def _answer(item: Object, found: Object | None) -> Answer:
    if found is None or found == item:
        return Answer(Outcome.SKIP, "no patches applied")
    return Answer(Outcome.PASS, f"mutated {item.get('kind')}/{metadata(item).get('name', '')}", patched=found)


def _operations(value: Any) -> list[Any]:
    """A JSON patch, which is often a text that is YAML."""
    if isinstance(value, str):
        found = next(iter(documents(value, scalar)), None)
        value = found.value if found is not None else None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadQuery("patchesJson6902 is no list of operations")
    return value


def load(value: Object, place: str) -> Mutation:
    """Reads ``mutate``; raises `Malformed` with the field's place."""
    only(value, ("targets", "mutateExistingOnPolicyUpdate", *_PATCHES), place)
    return Mutation(
        _change(value, place, 0), tuple(_target(item, where) for item, where in objects(value, "targets", place))
    )


def _change(value: Object, place: str, level: int) -> Change:
    chosen = [part for part in _PATCHES if value.get(part) is not None]
    if len(chosen) != 1:
        wrong(place, f"exactly one of {', '.join(_PATCHES)} is needed")
    if chosen == ["patchStrategicMerge"]:
        mapping(value, "patchStrategicMerge", place)
        return Change(merge=Template(value["patchStrategicMerge"]))
    if chosen == ["patchesJson6902"]:
        return Change(operations=Template(value["patchesJson6902"]))
    return Change(foreach=tuple(_foreach(item, where, level + 1) for item, where in objects(value, "foreach", place)))


def _foreach(item: Object, place: str, level: int) -> Foreach:
    if level > MAX_NESTING:
        wrong(place, f"lists in lists, over {MAX_NESTING} deep")
    only(item, _FOREACH, place)
    order = text(item, "order", place, ("Ascending", "Descending"))
    return Foreach(
        query(text(item, "list", place)),
        order == "Descending" if order else None,
        entries.load(item, place),
        clauses.load(item.get("preconditions"), f"{place}.preconditions"),
        _change(item, place, level),
    )


def _target(item: Object, place: str) -> Target:
    only(item, _TARGET, place)
    check_selector(mapping(item, "selector", place), f"{place}.selector")
    fields = {part: item[part] for part in ("apiVersion", "kind", "namespace", "name", "uid") if part in item}
    return Target(
        Template(fields),
        Template(mapping(item, "selector", place)),
        entries.load(item, place),
        clauses.load(item.get("preconditions"), f"{place}.preconditions"),
    )
