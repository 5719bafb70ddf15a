"""Responses held against what a test expects of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from assay.engines.policy.kyverno.odd import metadata
from assay.engines.policy.kyverno_test.comparing import NotListed, difference
from assay.engines.policy.kyverno_test.reading import Expected, TestFile
from assay.engines.policy.kyverno_test.trying import Response
from assay.engines.policy.kyverno_test.values import PREFIXES
from assay.errors import AssayError
from assay.model.policy import GroupVersionKind, Object, Outcome, RuleResult

_CLASSIC = ("ClusterPolicy", "Policy")


class Row(NamedTuple):
    """An expected result, and whether it came."""

    test: str
    case: str
    ok: bool
    message: str = ""


def judge(test: TestFile, wanted: Expected, found: Sequence[Response], problems: Mapping[str, str]) -> Row:
    """Whether all responses that an expected result is about are as it says; there must be some, unless for skip."""
    if wanted.policy in problems:
        return Row(test.name, wanted.case, False, f"the policy cannot be loaded: {problems[wanted.policy]}")
    tried = _about(wanted, found)
    about = [
        (response, result) for response in tried for result in response.results if _is_rule(wanted, response, result)
    ]
    if not about:
        return Row(test.name, wanted.case, *_nothing(wanted, tried))
    faults = [fault for response, result in about if (fault := _fault(test, wanted, response, result))]
    return Row(test.name, wanted.case, not faults, "; ".join(faults)[:2000])


def _nothing(wanted: Expected, found: Sequence[Response]) -> tuple[bool, str]:
    if any(not response.target for response in found):
        return True, "excluded: the policy has no rule for it"
    return False, f"no response of policy {wanted.policy} and rule {wanted.rule or '*'} to {wanted.resource or '*'}"


def _about(wanted: Expected, found: Sequence[Response]) -> list[Response]:
    """The responses that a result is about; the kinds that it names are clues, which some tests get wrong."""
    about = [response for response in found if _is_asked(wanted, response) and _is_item(wanted, response.item)]
    kinds = (wanted.policy_kind,) if wanted.policy_kind else _CLASSIC if wanted.rule else ()
    about = [one for one in about if one.policy.kind in kinds] or ([] if wanted.policy_kind else about)
    return [one for one in about if wanted.kind in ("", GroupVersionKind.of(one.item).kind)] or about


def _is_asked(wanted: Expected, response: Response) -> bool:
    """Whether it is of the policy and for the operation."""
    policy = response.policy
    if wanted.policy not in (policy.name, policy.name.rpartition("/")[2]):
        return False
    operation = wanted.operation or ("" if policy.kind in _CLASSIC else "CREATE")
    return bool(response.payload) or operation == response.operation


def _is_item(wanted: Expected, item: Object) -> bool:
    kind, about = GroupVersionKind.of(item), metadata(item)
    name, namespace = str(about.get("name") or ""), str(about.get("namespace") or "")
    special = wanted.specification
    if special:
        return all(
            not special.get(part) or str(special[part]) == value
            for part, value in (
                ("group", kind.group),
                ("version", kind.version),
                ("kind", kind.kind),
                ("namespace", namespace),
                ("name", name),
            )
        )
    return not wanted.resource or wanted.resource in (name, f"{namespace}/{name}", f"{kind.api_version}/{name}")


def _is_rule(wanted: Expected, response: Response, result: RuleResult) -> bool:
    if response.policy.kind not in _CLASSIC or not wanted.rule:
        return True
    return result.rule in (f"{prefix}{wanted.rule}"[:63] for prefix in PREFIXES)


def _fault(test: TestFile, wanted: Expected, response: Response, result: RuleResult) -> str:
    try:
        if fault := _differences(test, wanted, response, result):
            return "" if wanted.outcome == Outcome.FAIL else fault
    except AssayError as error:
        return error.what
    except NotListed:
        return ""
    outcome = str(result.outcome)
    if result.outcome is Outcome.FAIL and not response.policy.scored:
        outcome = str(Outcome.WARN)
    return "" if outcome == wanted.outcome else f"want {wanted.outcome}, got {outcome}: {result.message}"


def _differences(test: TestFile, wanted: Expected, response: Response, result: RuleResult) -> str:
    if wanted.patched:
        objects = [item.object for item in test.load(wanted.patched)]
        if fault := difference(response.patched, objects):
            return f"the patched resource {fault}"
    if wanted.generated:
        objects = [item.object for item in test.load(wanted.generated)]
        if not result.generated:
            return "nothing was generated"
        for item in result.generated:
            if fault := difference(item, objects):
                return f"the generated resource {fault}"
    return ""
