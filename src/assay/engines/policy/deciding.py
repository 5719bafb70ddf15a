"""From what rules say to one decision: denied where one that is in force says no, with every reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from assay.engines.policy.world import Policy, World
from assay.model.decision import Decision
from assay.model.policy import Action, AdmissionRequest, Object, Outcome, RuleResult

WARNING = 256
"""Characters of a warning that the API server passes on, and of all of them (admission/v1)."""
WARNINGS = 4096
MESSAGE = 8192
ANNOTATION = 4096
_SHOWN = 40


def mutate(policies: Iterable[Policy], request: AdmissionRequest, world: World) -> Decision:
    """The object as all mutating policies leave it, each seeing what those before it left.

    A policy that wants it (`reinvoked`, Kubernetes' ``reinvocationPolicy: IfNeeded``) is asked once more where those
    after it changed the object.
    """
    results: list[RuleResult] = []
    patched: Object | None = None
    again: list[tuple[Policy, Object | None]] = []
    for policy in policies:
        patched = _turn(policy, request, patched, world, results)
        if getattr(policy, "reinvoked", False):
            again.append((policy, patched))
    for policy, left in again:
        if patched != left:
            patched = _turn(policy, request, patched, world, results)
    decided = decide(results)
    return _replaced(decided, patched) if decided.allowed else decided


def _turn(
    policy: Policy, request: AdmissionRequest, patched: Object | None, world: World, results: list[RuleResult]
) -> Object | None:
    """What a policy leaves of the object; what it says is added to `results`."""
    current = request if patched is None else _with(request, patched)
    found = _guarded(policy, partial(policy.mutate, current, world))
    results += found
    return next((item.patched for item in reversed(found) if item.patched is not None), patched)


def validate(policies: Iterable[Policy], request: AdmissionRequest, world: World) -> Decision:
    """What all validating policies say together."""
    results: list[RuleResult] = []
    for policy in policies:
        results += _guarded(policy, partial(policy.validate, request, world))
    return decide(results)


def _guarded(policy: Policy, evaluate: Callable[[], tuple[RuleResult, ...]]) -> tuple[RuleResult, ...]:
    """What a policy says; a fault of ours in one is an error of that one, which refuses, and no fault of the others."""
    try:
        return evaluate()
    except Exception as error:
        message = f"it could not be evaluated, which is a fault of assay: {type(error).__name__}: {error!s:.200}"
        details = {"mend": "report this, with the policy and the object"}
        return (RuleResult(policy.name, "evaluation", Outcome.ERROR, message, Action.DENY, details),)


def whole(policies: Sequence[Policy], request: AdmissionRequest, world: World) -> Decision:
    """Both, one after the other, as the API server does it."""
    first = mutate(policies, request, world)
    if not first.allowed:
        return first
    second = validate(policies, request if first.patched is None else _with(request, first.patched), world)
    results = (*first.results, *second.results)
    return _replaced(decide(results), first.patched)


def _with(request: AdmissionRequest, item: Object) -> AdmissionRequest:
    return replace(request, object=item)


def _replaced(decided: Decision, patched: Object | None) -> Decision:
    return replace(decided, patched=patched)


def decide(results: Sequence[RuleResult]) -> Decision:
    """The decision that results add up to."""
    denying = [item for item in results if _is_bad(item) and item.action is Action.DENY]
    warning = [item for item in results if (_is_bad(item) and item.action is Action.WARN) or _warns(item)]
    outcomes = {item.outcome for item in results}
    verdict = Outcome.FAIL if Outcome.FAIL in outcomes else Outcome.ERROR if Outcome.ERROR in outcomes else Outcome.PASS
    return Decision(
        not denying,
        str(verdict),
        _message(denying),
        tuple(_warnings(warning)),
        _annotations(results),
        tuple(results),
        code=403 if denying else 200,
    )


def _is_bad(item: RuleResult) -> bool:
    return item.outcome in (Outcome.FAIL, Outcome.ERROR)


def _warns(item: RuleResult) -> bool:
    return item.outcome is Outcome.WARN


def _message(denying: Sequence[RuleResult]) -> str:
    lines = [line(item) for item in denying[:_SHOWN]]
    if len(denying) > _SHOWN:
        lines.append(f"and {len(denying) - _SHOWN} more")
    return "\n".join(lines)[:MESSAGE]


def line(item: RuleResult) -> str:
    """A reason in one line: what, by which policy, and what mends it."""
    mend = str(item.details.get("mend") or "")
    return f"{item.message} {_who(item)}" + (f"; to mend: {mend}" if mend else "")


def _who(item: RuleResult) -> str:
    kind = item.details.get("kind")
    name = f"{kind}/{item.policy}" if kind else item.policy
    return f"[{f'{name} {item.rule}'.strip()}]"


def _warnings(results: Iterable[RuleResult]) -> Iterable[str]:
    """As many as the API server passes on, each in one line."""
    left, seen = WARNINGS, set[str]()
    for item in results:
        text = " ".join(line(item).split())
        if len(text) > WARNING:
            text = _short(item)
        if text in seen:
            continue
        seen.add(text)
        left -= len(text.encode())
        if left < 0:
            return
        yield text


def _short(item: RuleResult) -> str:
    """A reason that is cut where it is longest: who says it stays."""
    who = _who(item)[:WARNING]
    told = " ".join(item.message.split())[: max(WARNING - len(who) - 1, 0)]
    return f"{told} {who}".strip()


def _annotations(results: Sequence[RuleResult]) -> dict[str, str]:
    """For the audit log: every result that is no pass, by policy and rule; later ones of a rule are joined."""
    found: dict[str, str] = {}
    for item in results:
        for key, value in (item.details.get("auditAnnotations") or {}).items():
            found[_key(f"{item.policy}.{key}")] = str(value)[:ANNOTATION]
        if item.outcome is Outcome.PASS:
            continue
        key = _key(f"{item.policy}.{item.rule}")
        text = f"{item.outcome} ({item.action}): {item.message}"
        found[key] = (f"{found[key]} | {text}" if key in found else text)[:ANNOTATION]
    return found


def _key(text: str) -> str:
    """A name that an audit annotation may have: letters, digits, dashes, dots and underscores, at most 63."""
    clean = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-._") else "-" for letter in text)
    return clean[:63].strip("-._") or "policy"
