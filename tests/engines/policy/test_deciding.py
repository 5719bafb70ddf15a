"""From what rules say to one decision: what refuses, what warns, what the audit log hears."""

from __future__ import annotations

from typing import Any

from assay.engines.policy import deciding
from assay.engines.policy.world import World
from assay.model.policy import Action, AdmissionRequest, Outcome, RuleResult
from simulators.native_samples import pod, request


class Said:
    """A policy that says what it was told to."""

    def __init__(self, *results: RuleResult, fault: Exception | None = None, label: str = "") -> None:
        self.name = "Test/said"
        self._results, self._fault, self._label = results, fault, label

    def mutate(self, asked: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        if self._fault is not None:
            raise self._fault
        if not self._label:
            return ()
        item = {**(asked.object or {}), self._label: True}
        return (RuleResult(self.name, "label", Outcome.PASS, patched=item),)

    def validate(self, asked: AdmissionRequest, world: World) -> tuple[RuleResult, ...]:
        if self._fault is not None:
            raise self._fault
        return self._results


def result(outcome: Outcome, action: Action = Action.DENY, message: str = "m", **details: Any) -> RuleResult:
    return RuleResult("Test/said", "rule", outcome, message, action, details)


def test_what_refuses_and_what_warns() -> None:
    for outcome, action, decided in (
        (Outcome.PASS, Action.DENY, "allow"),
        (Outcome.SKIP, Action.DENY, "allow"),
        (Outcome.FAIL, Action.AUDIT, "allow"),
        (Outcome.FAIL, Action.WARN, "warn"),
        (Outcome.WARN, Action.DENY, "warn"),
        (Outcome.FAIL, Action.DENY, "deny"),
        (Outcome.ERROR, Action.DENY, "deny"),
        (Outcome.ERROR, Action.WARN, "warn"),
    ):
        assert deciding.decide([result(outcome, action)]).action == decided, (outcome, action)


def test_every_reason_is_told_with_what_mends_it() -> None:
    found = deciding.decide([result(Outcome.FAIL, message="one", mend="do it"), result(Outcome.FAIL, message="two")])
    assert found.message == "one [Test/said rule]; to mend: do it\ntwo [Test/said rule]"
    many = deciding.decide([result(Outcome.FAIL, message=f"{number}") for number in range(100)])
    assert many.message.endswith("and 60 more")


def test_warnings_are_as_many_and_as_long_as_the_api_server_passes_on() -> None:
    found = deciding.decide([result(Outcome.FAIL, Action.WARN, "é" * 900 + f"{number}\n") for number in range(50)])
    assert all(len(item) <= 256 and "\n" not in item for item in found.warnings)
    assert all(item.endswith(" [Test/said rule]") for item in found.warnings)
    assert sum(len(item.encode()) for item in found.warnings) <= 4096
    assert len(deciding.decide([result(Outcome.WARN)] * 9).warnings) == 1


def test_audit_annotations_have_names_that_are_allowed() -> None:
    item = RuleResult(
        "Kind/a policy", "rule: ü", Outcome.FAIL, "m" * 9000, Action.AUDIT, {"auditAnnotations": {"k": "v"}}
    )
    found = deciding.decide([item]).annotations
    assert all(len(key) <= 63 and set(key) <= set("abcdefghijklmnopqrstuvwxyzK-._") for key in found)
    assert all(len(value) <= 4096 for value in found.values())


def test_mutations_see_what_those_before_them_left() -> None:
    found = deciding.mutate([Said(label="a"), Said(label="b")], request(pod("x")), World())
    assert found.patched is not None
    assert found.patched["a"] is found.patched["b"] is True


def test_a_fault_in_one_policy_refuses_and_leaves_the_others_alone() -> None:
    policies = [Said(fault=ZeroDivisionError("x")), Said(result(Outcome.FAIL, message="other"))]
    found = deciding.validate(policies, request(pod("x")), World())
    assert found.action == "deny"
    assert "a fault of assay: ZeroDivisionError" in found.message
    assert "other" in found.message
    assert deciding.mutate(policies[:1], request(pod("x")), World()).action == "deny"
