"""What authors of policies will want otherwise, although it loads: each remark with its rule, level and place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object


class Level(StrEnum):
    """How bad it is: only the first two make ``lint`` say no."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Remark:
    """What is doubtful about a policy: the field, what of it, and what mends it."""

    rule: str
    level: Level
    field: str
    what: str
    remedy: str


RULES = {
    "cannot-load": "what cannot be evaluated is not loaded",
    "doubtful": "what is most likely not meant",
    "deprecated-kind": "the kind is to be removed from its engine",
    "deprecated-field": "the field is to be removed from its engine",
    "unanchored-regex": "an expression that is not anchored takes longer names, too",
    "anybody-signs": "a wildcard alone accepts every signer",
    "never-matches": "the policy is about nothing",
    "enforce-at-once": "the policy denies from its first moment",
    "digest-under-audit": "Kyverno refuses mutateDigest for a rule that only audits",
    "mutable-tag": "a tag can be moved after it was verified",
    "no-log": "without a log nobody knows when a short-lived certificate signed",
}
_MOVED = "a tag that was verified may be another image when it is pulled"
_REGEXPS = ("subjectRegExp", "issuerRegExp")


def remarks(item: Manifest) -> list[Remark]:
    """Of one policy; what is no object of the expected shape is left to the loader."""
    policy: Object = item.object
    spec = policy.get("spec")
    if not isinstance(spec, dict):
        return []
    kind = GroupVersionKind.of(policy)
    found = list(_expressions(spec, "spec"))
    for check in _CHECKS.get((kind.group, kind.kind.removeprefix("Namespaced")), ()):
        try:
            found += check(spec, item.file)
        except (AttributeError, TypeError, KeyError):
            continue  # fields of another type, which the loader tells
    return found


def _expressions(value: Any, place: str) -> Iterator[Remark]:
    """Regular expressions of identities anywhere."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _REGEXPS and isinstance(inner, str) and not (inner.startswith("^") and inner.endswith("$")):
                yield Remark(
                    "unanchored-regex", Level.WARNING, f"{place}.{key}",
                    f"{inner!r:.100} takes every name that has this in it", "begin it with ^ and end it with $",
                )  # fmt: skip
            yield from _expressions(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _expressions(inner, f"{place}[{at}]")


def _deprecated(spec: Object, file: str) -> Iterable[Remark]:
    yield Remark(
        "deprecated-kind", Level.NOTE, "kind", "Kyverno will remove its classic kinds", f"assay policy convert {file}"
    )
    for part, now in (
        ("validationFailureAction", "validate.failureAction of each rule"),
        ("validationFailureActionOverrides", "validate.failureActionOverrides of each rule"),
        ("failurePolicy", "webhookConfiguration.failurePolicy"),
        ("webhookTimeoutSeconds", "webhookConfiguration.timeoutSeconds"),
    ):
        if part in spec:
            yield Remark("deprecated-field", Level.NOTE, f"spec.{part}", "it is deprecated", f"use {now}")


def _classic(spec: Object, file: str) -> Iterable[Remark]:
    for at, rule in enumerate(spec.get("rules") or []):
        place = f"spec.rules[{at}]"
        match, exclude = rule.get("match") or {}, rule.get("exclude") or {}
        if exclude and exclude == match:
            yield Remark("never-matches", Level.WARNING, f"{place}.exclude", "it leaves out all that match takes",
                         "take one of the two out")  # fmt: skip
        for number, entry in enumerate(rule.get("verifyImages") or []):
            yield from _verified(entry, spec, f"{place}.verifyImages[{number}]")


def _verified(entry: Object, spec: Object, place: str) -> Iterator[Remark]:
    action = str(entry.get("failureAction") or spec.get("validationFailureAction") or "Audit").lower()
    if action == "audit" and entry.get("mutateDigest", True):
        yield Remark("digest-under-audit", Level.WARNING, f"{place}.mutateDigest",
                     "the rule only audits, and changes the object", "set mutateDigest: false, or enforce")  # fmt: skip
    if entry.get("mutateDigest", True) is False and entry.get("verifyDigest", True) is False:
        yield Remark("mutable-tag", Level.WARNING, f"{place}.verifyDigest",
                     _MOVED, "set verifyDigest: true")  # fmt: skip
    yield from _keyless(entry, place)


def _keyless(value: Any, place: str) -> Iterator[Remark]:
    """Signers without keys: whether anybody is one, and whether there is a log."""
    if isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _keyless(inner, f"{place}[{at}]")
    if not isinstance(value, dict):
        return
    held = value.get("keyless")
    if isinstance(held, dict) and "identities" not in held:
        names = (held.get("subject") or held.get("subjectRegExp"), held.get("issuer") or held.get("issuerRegExp"))
        if all(name in (None, "", "*", ".*") for name in names):
            yield Remark("anybody-signs", Level.WARNING, f"{place}.keyless", "every signer is accepted",
                         "name a subject and an issuer")  # fmt: skip
        if (held.get("rekor") or {}).get("ignoreTlog"):
            yield Remark("no-log", Level.WARNING, f"{place}.keyless.rekor.ignoreTlog", "no entry in a log is asked for",
                         "take it out, or name timestamp authorities in ctlog.tsaCertChain")  # fmt: skip
    for key, inner in value.items():
        yield from _keyless(inner, f"{place}.{key}")


def _cel(spec: Object, file: str) -> Iterable[Remark]:
    constraints = spec.get("matchConstraints")
    if (
        isinstance(constraints, dict)
        and not constraints.get("resourceRules")
        and not (spec.get("evaluation") or {}).get("mode")
    ):
        yield Remark("never-matches", Level.WARNING, "spec.matchConstraints", "it names no resources",
                     "add resourceRules")  # fmt: skip
    for at, one in enumerate(spec.get("matchConditions") or []):
        if str(one.get("expression")).strip() == "false":
            yield Remark("never-matches", Level.WARNING, f"spec.matchConditions[{at}]", "it never holds", "take it out")
    switches = spec.get("validationConfigurations") or {}
    if switches.get("mutateDigest") is False and switches.get("verifyDigest") is False:
        yield Remark("mutable-tag", Level.WARNING, "spec.validationConfigurations",
                     _MOVED, "set verifyDigest: true")  # fmt: skip


def _own(spec: Object, file: str) -> Iterable[Remark]:
    workloads, rollout = spec.get("workloads") or {}, spec.get("rollout") or {}
    if spec.get("action") == "enforce" and not rollout.get("auditUntil") and not rollout.get("stages"):
        yield Remark("enforce-at-once", Level.NOTE, "spec.action", "it denies from its first moment",
                     "set rollout.auditUntil, and see `assay policy simulate`")  # fmt: skip
    named = workloads.get("namespaces") or []
    if named and set(named) <= set(workloads.get("excludedNamespaces") or []):
        yield Remark("never-matches", Level.WARNING, "spec.workloads", "every namespace is left out again",
                     "take it out of excludedNamespaces")  # fmt: skip
    images = spec.get("images") or {}
    if images.get("include") and set(images["include"]) <= set(images.get("exclude") or []):
        yield Remark("never-matches", Level.WARNING, "spec.images", "every image is left out again",
                     "take it out of exclude")  # fmt: skip
    digests = spec.get("digests") or {}
    if spec.get("signedBy") and not digests.get("pin") and not digests.get("require"):
        yield Remark("mutable-tag", Level.NOTE, "spec.digests",
                     _MOVED, "set digests: {pin: true}")  # fmt: skip


_CHECKS: dict[tuple[str, str], tuple[Callable[[Object, str], Iterable[Remark]], ...]] = {
    ("kyverno.io", "ClusterPolicy"): (_deprecated, _classic),
    ("kyverno.io", "Policy"): (_deprecated, _classic),
    ("policies.kyverno.io", "ValidatingPolicy"): (_cel,),
    ("policies.kyverno.io", "MutatingPolicy"): (_cel,),
    ("policies.kyverno.io", "GeneratingPolicy"): (_cel,),
    ("policies.kyverno.io", "ImageValidatingPolicy"): (_cel,),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): (_cel,),
    ("assay.dev", "AssayPolicy"): (_own,),
}
