"""Gatekeeper's tests: ``kind: Suite`` (test.gatekeeper.sh/v1alpha1), as ``gator verify`` runs them.

Example: ``tests: [{name, template: template.yaml, constraint: samples/constraint.yaml, cases: [{name, object: pod.yaml,
inventory: [...], assertions: [{violations: yes | no | 2, message: "regular expression"}]}]}]``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from assay.engines.policy.cel.fields import flag, objects, only, text, texts, wrong
from assay.engines.policy.gatekeeper import constraints, expansion, inventory, mutators, reviews, templates
from assay.engines.policy.gatekeeper.constraints import GATOR
from assay.engines.policy.gatekeeper.engine import ConstraintPolicy, Surroundings
from assay.engines.policy.gatekeeper.expansion import Expander
from assay.engines.policy.gatekeeper.mutation import Mutators
from assay.engines.policy.gatekeeper.schema import SchemaFault
from assay.engines.policy.gatekeeper.templates import Template
from assay.engines.policy.world import World
from assay.errors import AssayError, Malformed
from assay.formats import manifest
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object, Outcome, RuleResult

GROUP, KIND = "test.gatekeeper.sh", "Suite"
Reader = Callable[[str], bytes]
"""Gives the bytes of a file by its path from where the suites are; raises `InputError`."""


class CaseResult(NamedTuple):
    """How a case went; `fault` says why it failed, and `results` are what the constraint said."""

    test: str
    case: str
    outcome: str
    fault: str = ""
    results: tuple[RuleResult, ...] = ()


def is_suite(item: Object) -> bool:
    """Whether a manifest is a suite."""
    kind = GroupVersionKind.of(item)
    return (kind.group, kind.kind) == (GROUP, KIND)


@dataclass(slots=True)
class SuiteRunner:
    """Runs suites; templates that several tests name are compiled once.

    `engine` is the template's engine that judges; empty for Gatekeeper's choice.
    """

    read: Reader
    engine: str = ""
    world: World = field(default_factory=World)
    _templates: dict[str, Template] = field(default_factory=dict)

    def run(self, suite: Manifest) -> Iterator[CaseResult]:
        """Every case of every test, in order; raises `Malformed` for what is no suite."""
        place = suite.place
        only(suite.object, ("apiVersion", "kind", "metadata", "tests", "skip"), place)
        skipped = flag(suite.object, "skip", place, default=False)
        for test, where in objects(suite.object, "tests", place):
            yield from self._test(test, where, posixpath.dirname(suite.file), skipped)

    def _test(self, test: Object, place: str, folder: str, skipped: bool) -> Iterator[CaseResult]:
        only(test, ("name", "template", "constraint", "expansion", "cases", "invalid", "skip"), place)
        name = text(test, "name", place)
        cases = [*objects(test, "cases", place)]
        invalid = flag(test, "invalid", place, default=False)
        if skipped or flag(test, "skip", place, default=False):
            yield from (CaseResult(name, text(case, "name", where), "skip") for case, where in cases)
            return
        try:
            policy = self._policy(test, place, folder)
        except AssayError as error:
            fine = invalid and isinstance(error, SchemaFault)
            titles = [text(case, "name", where) for case, where in cases] or [""]
            yield from (
                CaseResult(name, title, "pass" if fine else "fail", "" if fine else error.what) for title in titles
            )
            return
        if invalid:
            yield CaseResult(name, "", "fail", "the constraint is valid, and should not be")
            return
        for case, where in cases:
            yield self._case(case, where, folder, name, policy)

    def _policy(self, test: Object, place: str, folder: str) -> ConstraintPolicy:
        template = self._template(_path(test, "template", place, folder))
        item = self._objects(_path(test, "constraint", place, folder))[0]
        kind = GroupVersionKind.of(item.object)
        if kind.group != constraints.GROUP:
            raise Malformed(f"{item.place}: not a constraint but {kind.api_version} {kind.kind}")
        if kind.kind != template.kind:
            raise Malformed(f"{item.place}: {kind.kind} is not the kind of its template, {template.kind}")
        constraint = constraints.load(item.object, template, item.place)
        expander = self._expander(_path(test, "expansion", place, folder)) if test.get("expansion") else Expander()
        return ConstraintPolicy(constraint, Surroundings(expander), GATOR, self._engine(template))

    def _engine(self, template: Template) -> str:
        return self.engine if self.engine in template.codes else ""

    def _template(self, path: str) -> Template:
        if path not in self._templates:
            item = self._objects(path)[0]
            kind = GroupVersionKind.of(item.object)
            if (kind.group, kind.kind) != (templates.GROUP, "ConstraintTemplate"):
                raise Malformed(f"{item.place}: not a ConstraintTemplate but {kind.api_version} {kind.kind}")
            self._templates[path] = templates.load(item.object, item.place)
        return self._templates[path]

    def _expander(self, path: str) -> Expander:
        found, changing = [], []
        for item in self._objects(path):
            kind = GroupVersionKind.of(item.object)
            if kind.group == mutators.GROUP:
                changing.append(mutators.load(item.object, item.place))
            elif (kind.group, kind.kind) == (expansion.GROUP, "ExpansionTemplate"):
                found.append(expansion.load(item.object, item.place))
            else:
                raise Malformed(f"{item.place}: not an ExpansionTemplate but {kind.api_version} {kind.kind}")
        return Expander(tuple(found), Mutators.of(changing, {}))

    def _case(self, case: Object, place: str, folder: str, test: str, policy: ConstraintPolicy) -> CaseResult:
        only(case, ("name", "object", "inventory", "assertions", "skip"), place)
        name = text(case, "name", place)
        if flag(case, "skip", place, default=False):
            return CaseResult(test, name, "skip")
        results: tuple[RuleResult, ...] = ()
        try:
            results = self._results(case, place, folder, policy)
            assertions = [*objects(case, "assertions", place)]
            if not assertions:
                wrong(f"{place}.assertions", "there are none")
            faults = [fault for item, where in assertions if (fault := _assert(item, where, results))]
        except AssayError as error:
            faults = [error.what]
        return CaseResult(test, name, "fail" if faults else "pass", "; ".join(faults), results)

    def _results(self, case: Object, place: str, folder: str, policy: ConstraintPolicy) -> tuple[RuleResult, ...]:
        items = self._objects(_path(case, "object", place, folder))
        if len(items) != 1:
            raise Malformed(f"{items[0].file}: {len(items)} objects, not one")
        paths = [posixpath.normpath(posixpath.join(folder, path)) for path in texts(case, "inventory", place)]
        held = [item.object for path in paths for item in self._objects(path)]
        world = _with_namespaces(self.world, held)
        found = policy.review(_review(items[0], world), world, known=inventory.of_objects(held))
        return tuple(item for item in found if item.outcome is not Outcome.PASS)

    def _objects(self, path: str) -> list[Manifest]:
        found = manifest.read(self.read(path), path)
        if not found:
            raise Malformed(f"{path}: no object")
        return found


def _path(item: Object, name: str, place: str, folder: str) -> str:
    path = text(item, name, place)
    if not path:
        wrong(f"{place}.{name}", "is missing")
    return posixpath.normpath(posixpath.join(folder, path))


def _with_namespaces(world: World, held: Iterable[Object]) -> World:
    """`world` with the Namespaces among the inventory, by their labels."""
    labels = {
        str((item.get("metadata") or {}).get("name")): (item.get("metadata") or {}).get("labels") or {}
        for item in held
        if _is_namespace(item)
    }
    return World(now=world.now, http=world.http, namespace_labels={**world.namespace_labels, **labels})


def _is_namespace(item: Object) -> bool:
    kind = GroupVersionKind.of(item)
    return kind.kind == "Namespace" and not kind.group


def _review(item: Manifest, world: World) -> reviews.Review:
    """Of an AdmissionReview its request; of any other object a review without a request."""
    kind = GroupVersionKind.of(item.object)
    if (kind.group, kind.kind) != ("admission.k8s.io", "AdmissionReview"):
        return reviews.of_object(item.object, world)
    only(item.object, ("apiVersion", "kind", "metadata", "request", "response"), item.place)
    request = item.object.get("request")
    if not isinstance(request, dict):
        raise Malformed(f"{item.place}: the AdmissionReview has no request")
    only(request, reviews.KNOWN, f"{item.place}.request")
    if request.get("object") is None and request.get("oldObject") is None:
        raise Malformed(f"{item.place}: the request has neither object nor oldObject")
    document = reviews.of_document(request)
    name = str(document.get("namespace") or "")
    return reviews.Review(document, world.namespace(name) if name else None)


def _assert(item: Object, place: str, results: tuple[RuleResult, ...]) -> str:
    """What is wrong with `results`; empty where the assertion holds."""
    only(item, ("violations", "message"), place)
    pattern = text(item, "message", place)
    matching = [result for result in results if _like(pattern, result.message, place)]
    wanted: Any = item.get("violations", True)
    count = len(matching)
    about = f" whose message matches {pattern!r:.120}" if pattern else ""
    said = "; messages: " + ", ".join(repr(result.message)[:300] for result in results) if results else ""
    match wanted:
        case True | "yes":
            return "" if count else f"no violation{about}, at least one is wanted{said}"
        case False | "no":
            return f"{count} violations{about}, none is wanted{said}" if count else ""
        case int() if wanted >= 0:
            return "" if count == wanted else f"{count} violations{about}, {wanted} are wanted{said}"
    return wrong(f"{place}.violations", "must be yes, no, or a number from 0")


def _like(pattern: str, message: str, place: str) -> bool:
    if not pattern:
        return True
    import re2

    try:
        return re2.search(pattern, message) is not None
    except re2.error as error:
        raise Malformed(f"{place}.message: {pattern!r:.120} is no regular expression: {error!s:.200}") from error
