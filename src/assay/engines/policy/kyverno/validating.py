"""Validate rules with patterns, deny conditions and foreach.

Example: ``validate: {message: no latest, foreach: [{list: request.object.spec.containers, deny: {conditions: ...}}]}``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from assay.engines.policy.cel.fields import mapping, objects, only, text, wrong
from assay.engines.policy.kyverno import clauses, entries, patterns
from assay.engines.policy.kyverno.answers import Answer, Asked, message_of
from assay.engines.policy.kyverno.clauses import Clauses
from assay.engines.policy.kyverno.entries import Entry
from assay.engines.policy.kyverno.lists import elements, entered
from assay.engines.policy.kyverno.substitution import Template, query
from assay.errors import AssayError
from assay.model.policy import Object, Outcome

MAX_NESTING = 8
FOREACH = ("list", "elementScope", "context", "preconditions", "pattern", "anyPattern", "deny", "foreach")


@dataclass(frozen=True, slots=True)
class Check:
    """What is asked of an object, or of an element of a list: one of pattern, any pattern, deny, or more lists."""

    message: str = ""
    pattern: Template | None = None
    any_pattern: Template | None = None
    deny: Clauses | None = None
    foreach: tuple[Foreach, ...] = ()

    def ask(self, asked: Asked, level: int = 0) -> Answer | None:
        """The answer; None where the check is not for this request. Raises `AssayError` for what cannot be told."""
        if self.deny is not None:
            return self._denied(asked)
        if self.pattern is not None or self.any_pattern is not None:
            if asked.item is None:
                return None
            return self._matched(asked, asked.item)
        return self._listed(asked, level)

    def _denied(self, asked: Asked) -> Answer:
        if not clauses.holds(self.deny or (), asked.scope):
            return Answer(Outcome.PASS, f"validation rule '{asked.rule}' passed.")
        return Answer(Outcome.FAIL, self._said(asked) or f"validation error: rule {asked.rule} failed")

    def _said(self, asked: Asked) -> str:
        return message_of(self.message, asked.scope) if self.message else ""

    def _matched(self, asked: Asked, item: Any) -> Answer:
        if self.pattern is not None:
            found = patterns.mismatch(item, self.pattern.fill(asked.scope))
            if found is None:
                return Answer(Outcome.PASS, f"validation rule '{asked.rule}' passed.")
            if found.skip:
                return Answer(Outcome.SKIP, found.message)
            return Answer(Outcome.FAIL if found.path else Outcome.ERROR, self._fault(asked, found))
        assert self.any_pattern is not None
        return self._any(asked, item, self.any_pattern.fill(asked.scope))

    def _fault(self, asked: Asked, found: patterns.Mismatch) -> str:
        where = f"rule {asked.rule} failed at path {found.path}" if found.path else found.message
        said = self._said(asked)
        return f"validation error: {said.rstrip('.')}. {where}" if said else f"validation error: {where}"

    def _any(self, asked: Asked, item: Any, wanted: list[Any]) -> Answer:
        faults: list[str] = []
        skipped: list[str] = []
        for at, pattern in enumerate(wanted):
            found = patterns.mismatch(item, pattern)
            if found is None:
                return Answer(Outcome.PASS, f"validation rule '{asked.rule}' anyPattern[{at}] passed.")
            text = f"rule {asked.rule}[{at}] failed at path {found.path}"
            (skipped if found.skip else faults).append(f"rule {asked.rule}[{at}] skipped" if found.skip else text)
        if not faults:
            return Answer(Outcome.SKIP, " ".join(skipped))
        said = self._said(asked)
        return Answer(Outcome.FAIL, f"validation error: {said.rstrip('.') + '. ' if said else ''}{' '.join(faults)}")

    def _listed(self, asked: Asked, level: int) -> Answer:
        applied = 0
        for each in self.foreach:
            answer, count = each.ask(asked, level)
            if answer is not None:
                return answer
            applied += count
        if not applied:
            return Answer(Outcome.SKIP, "rule skipped")
        return Answer(Outcome.PASS, "rule passed")


@dataclass(frozen=True, slots=True)
class Foreach:
    """A check of every element of a list."""

    list: Template
    scoped: bool | None
    context: tuple[Entry, ...]
    preconditions: Clauses
    check: Check

    def ask(self, asked: Asked, level: int) -> tuple[Answer | None, int]:
        """The first answer that is not good, and how many elements were checked."""
        applied = 0
        try:
            found = elements(self.list, asked.scope)
        except AssayError:
            return None, 0
        last = len(found) - 1
        for at, element in enumerate(found):
            if element is None:
                continue
            answer = self._one(asked, element, at, level)
            if answer is None or answer.outcome is Outcome.SKIP:
                continue
            if answer.outcome is Outcome.ERROR and at < last:
                continue
            if answer.outcome is not Outcome.PASS:
                return replace(answer, message=f"validation failure: {answer.message}"), applied
            applied += 1
        return None, applied

    def _one(self, asked: Asked, element: Any, at: int, level: int) -> Answer | None:
        try:
            scope = entered(asked.scope, element, at, level)
            entries.enter(scope, self.context)
            if not clauses.holds(self.preconditions, scope):
                return Answer(Outcome.SKIP, "preconditions not met")
            item = element if self._is_scoped(element) else asked.item
            return self.check.ask(replace(asked, scope=scope, item=item), level + 1)
        except AssayError as error:
            return Answer(Outcome.ERROR, error.what)

    def _is_scoped(self, element: Any) -> bool:
        """Whether patterns are held against the element; by default where it is an object."""
        return isinstance(element, dict) if self.scoped is None else self.scoped


def load(value: Object, place: str, message: str = "", level: int = 0) -> Check:
    """Reads a validate rule, or an entry of foreach; raises `Malformed` with the field's place."""
    any_pattern = value.get("anyPattern")
    if any_pattern is not None and not isinstance(any_pattern, list):
        wrong(f"{place}.anyPattern", "not a list of patterns")
    deny = mapping(value, "deny", place)
    only(deny, ("conditions",), f"{place}.deny")
    chosen = [part for part in ("pattern", "anyPattern", "deny", "foreach") if value.get(part) is not None]
    if len(chosen) != 1:
        wrong(place, "exactly one of pattern, anyPattern, deny and foreach is needed")
    return Check(
        message,
        Template(value["pattern"]) if chosen == ["pattern"] else None,
        Template(any_pattern) if any_pattern is not None else None,
        clauses.load(deny.get("conditions"), f"{place}.deny.conditions") if chosen == ["deny"] else None,
        tuple(_foreach(item, where, message, level + 1) for item, where in objects(value, "foreach", place)),
    )


def _foreach(item: Object, place: str, message: str, level: int) -> Foreach:
    if level > MAX_NESTING:
        wrong(place, f"lists in lists, over {MAX_NESTING} deep")
    only(item, FOREACH, place)
    scoped = item.get("elementScope")
    return Foreach(
        query(text(item, "list", place)),
        scoped if isinstance(scoped, bool) else None,
        entries.load(item, place),
        clauses.load(item.get("preconditions"), f"{place}.preconditions"),
        load(item, place, message, level),
    )
