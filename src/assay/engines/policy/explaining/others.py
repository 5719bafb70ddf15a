"""Policies in CEL, Gatekeeper's, policy-controller's and assay's own in plain language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from assay.engines.policy.explaining.steps import Step, group, listed, shown
from assay.model.policy import GroupVersionKind, Object


def describe(policy: Object) -> list[Step]:
    """Whom it matches, what it asks, and what happens."""
    kind = GroupVersionKind.of(policy)
    spec: Object = policy.get("spec") if isinstance(policy.get("spec"), dict) else {}  # type: ignore[assignment]
    make = _MAKERS.get(kind.kind)
    if make is None and kind.group == "constraints.gatekeeper.sh":
        make = _constraint
    return list(make(spec) if make is not None else _cel(spec))


def _reach(spec: Object, field: str = "matchConstraints") -> Iterator[Step]:
    held = spec.get(field) or {}
    rules = held.get("resourceRules") or []
    if rules:
        yield group("It is about", map(_resources, rules))
    if held.get("excludeResourceRules"):
        yield group("but not about", map(_resources, held["excludeResourceRules"]))
    for part, what in (("objectSelector", "Objects"), ("namespaceSelector", "Namespaces")):
        if held.get(part):
            yield Step(f"{what} must have labels {shown(held[part])}.")
    if spec.get("matchConditions"):
        yield group("Only where", (shown(one.get("expression"), 400) for one in spec["matchConditions"]))


def _resources(rule: Object) -> str:
    groups = listed(one or "core" for one in rule.get("apiGroups") or ["*"])
    return f"{listed(rule.get('operations') or ['*'])} of {listed(rule.get('resources') or ['*'])} ({groups})"


def _cel(spec: Object) -> Iterator[Step]:
    yield from _reach(spec)
    if spec.get("variables"):
        yield group(
            "It computes", (f"{one.get('name')} = {shown(one.get('expression'), 300)}" for one in spec["variables"])
        )
    if spec.get("matchImageReferences"):
        named = (one.get("glob") or one.get("expression") for one in spec["matchImageReferences"])
        yield group("Of images only those that match", (shown(one) for one in named))
    if spec.get("attestors"):
        yield group("It knows the signers", (_attestor(one) for one in spec["attestors"]))
    if spec.get("validations"):
        yield group("All of these must hold", map(_validation, spec["validations"]))
    for one in spec.get("mutations") or []:
        held = one.get("applyConfiguration") or one.get("jsonPatch") or {}
        yield Step(f"It changes the object: {shown(held.get('expression'), 400)}")
    if spec.get("generate"):
        yield group("It makes objects", (shown(one.get("expression"), 400) for one in spec["generate"]))
    if spec.get("schedule"):
        yield Step(f"It deletes what it is about, by the schedule {spec['schedule']}.")
        yield group("Only where", (shown(one.get("expression"), 400) for one in spec.get("conditions") or []))
    if spec.get("validations"):
        actions = spec.get("validationActions") or ["Deny"]
        yield Step(f"Where one does not hold, the action is {listed(actions, 'and')}.")
    refused = spec.get("failurePolicy", "Fail") == "Fail"
    yield Step(f"If it cannot be told, the request is {'refused' if refused else 'let through'}.")


def _validation(one: Object) -> Step:
    told = one.get("message") or one.get("messageExpression")
    steps = (Step(f"otherwise it says: {shown(told, 400)}"),) if told else ()
    return Step(shown(one.get("expression"), 400), steps=steps)


def _attestor(one: Object) -> str:
    cosign = one.get("cosign") or {}
    if cosign.get("keyless"):
        return f"{one.get('name')}: {listed(map(_identity, cosign['keyless'].get('identities') or []))}"
    return f"{one.get('name')}: {'a key' if cosign.get('key') else 'a certificate'}"


def _identity(one: Object) -> str:
    who, issuer = (one.get(part) or one.get(f"{part}RegExp") or "anybody" for part in ("subject", "issuer"))
    return f"{who} of {issuer}"


def _binding(spec: Object) -> Iterator[Step]:
    yield Step(f"It puts the policy {spec.get('policyName')} into force.")
    if spec.get("paramRef"):
        yield Step(f"Parameters come from {shown(spec['paramRef'])}.")
    yield from _reach(spec, "matchResources")
    if spec.get("validationActions"):
        yield Step(f"Where it is not met, the action is {listed(spec['validationActions'], 'and')}.")


def _template(spec: Object) -> Iterator[Step]:
    kind = (((spec.get("crd") or {}).get("spec") or {}).get("names") or {}).get("kind")
    yield Step(f"It makes the kind {kind} of constraints; nothing is asked before there is one.")
    for target in spec.get("targets") or []:
        code = [str(one.get("engine")) for one in target.get("code") or []] or ["Rego"]
        yield Step(f"It is written in {listed(code, 'and')}: a violation for each fault that it finds.")


_LIMITS = (
    ("namespaces", "Only in"),
    ("excludedNamespaces", "Not in"),
    ("labelSelector", "Only with labels"),
    ("namespaceSelector", "Only in namespaces with labels"),
    ("name", "Only named"),
    ("scope", "Scope"),
)


def _constraint(spec: Object) -> Iterator[Step]:
    match = spec.get("match") or {}
    kinds = [
        f"{kind} ({listed(one.get('apiGroups') or ['*'])})"
        for one in match.get("kinds") or []
        for kind in one.get("kinds") or []
    ]
    yield Step(f"It is about {listed(kinds) or 'every object'}.")
    for part, what in _LIMITS:
        if match.get(part):
            value = match[part]
            yield Step(f"{what} {listed(value) if isinstance(value, list) else shown(value)}.")
    if spec.get("parameters"):
        yield Step(f"Its parameters are {shown(spec['parameters'], 400)}.")
    action = spec.get("enforcementAction") or "deny"
    yield Step(f"For each violation the action is {action}.")


def _image_policy(spec: Object) -> Iterator[Step]:
    yield Step(f"It is about images that are {listed(one.get('glob') for one in spec.get('images') or [])}.")
    yield group("One of these must vouch for the image", map(_authority, spec.get("authorities") or []))
    if spec.get("policy"):
        yield Step(f"And the whole must meet a policy in {spec['policy'].get('type')}.")
    yield Step("Otherwise it is warned about." if spec.get("mode") == "warn" else "Otherwise it is refused.")


def _authority(one: Object) -> Step:
    name = one.get("name") or "an authority"
    if "static" in one:
        return Step(f"{name}: always {one['static'].get('action')}")
    identities = (one.get("keyless") or {}).get("identities") or []
    who = listed(
        f"{i.get('subject') or i.get('subjectRegExp')} of {i.get('issuer') or i.get('issuerRegExp')}"
        for i in identities
    )
    steps = (f"with an attestation of type {item.get('predicateType')}" for item in one.get("attestations") or [])
    return group(f"{name}: {who or 'a key'}", steps)


def _own(spec: Object) -> Iterator[Step]:
    yield from _own_reach(spec)
    if spec.get("signers"):
        yield group("It knows the signers", (f"{name}: {_signer(one)}" for name, one in spec["signers"].items()))
    yield group("Every image must", _demands(spec))
    action = spec.get("action", "audit")
    told = {"audit": "it is only reported", "warn": "it is warned about"}.get(action, "it is refused")
    yield Step(f"Otherwise {told} (action {action}).")
    yield from _rollout(spec.get("rollout") or {}, action)
    yield Step(f"If it cannot be told, the action is {spec.get('onError', 'enforce')}; if there is no time, "
               f"{spec.get('onTimeout', spec.get('onError', 'enforce'))}.")  # fmt: skip
    if spec.get("staleIfError"):
        yield Step(f"While a registry is down, verdicts that are not older than {spec['staleIfError']} hold.")


def _own_reach(spec: Object) -> Iterator[Step]:
    images, workloads = spec.get("images") or {}, spec.get("workloads") or {}
    yield Step(f"It is about images that are {listed(images.get('include') or ['any image'])}"
               + (f", but not {listed(images['exclude'])}" if images.get("exclude") else "") + ".")  # fmt: skip
    yield Step(f"In {listed(workloads.get('kinds') or ['everything that runs containers'])}"
               f", in the namespaces {listed(workloads.get('namespaces') or ['of the whole cluster'])}.")  # fmt: skip
    if workloads.get("excludedNamespaces"):
        yield Step(f"Not in the namespaces {listed(workloads['excludedNamespaces'])}.")
    for part in ("selector", "namespaceSelector"):
        if workloads.get(part):
            yield Step(f"Only where {part} takes it: {shown(workloads[part])}.")


def _signer(one: Object) -> str:
    names = [
        f"{next((item[key] for key in ('identity', 'identityGlob', 'identityRegexp') if item.get(key)), '?')} of "
        f"{next((item[key] for key in ('issuer', 'issuerGlob', 'issuerRegexp') if item.get(key)), '?')}"
        for item in one.get("identities") or []
    ]
    names += [f"{len(one[part])} {part}" for part in ("keys", "certificates") if one.get(part)]
    return f"{one.get('require', 'any')} of {listed(names)}"


def _demands(spec: Object) -> Iterator[Step]:
    for name in spec.get("signedBy") or []:
        yield Step(f"be signed by {name}")
    for one in spec.get("attestations") or []:
        age = f", younger than {one['youngerThan']}" if one.get("youngerThan") else ""
        asked = (shown(item.get("expression"), 300) for item in one.get("conditions") or [])
        yield group(f"have an attestation {one.get('type')} by {listed(one.get('by') or [], 'and')}{age}", asked)
    if spec.get("sbom"):
        whole = "a complete" if spec["sbom"].get("complete") else "an"
        yield Step(f"have {whole} SBOM by {listed(spec['sbom'].get('by') or [], 'and')}")
    if held := spec.get("vulnerabilities"):
        yield Step(f"have no finding that is {listed(held.get('deny') or ['critical', 'kev'])}, by {held.get('from')}")
    if held := spec.get("provenance"):
        yield Step(f"be built from {held.get('source')}" + (f" by {held['builder']}" if held.get("builder") else ""))
    if held := spec.get("slsa"):
        yield Step(f"have SLSA level {held.get('level')}, verified by {held.get('verifier')}")
    digests = spec.get("digests") or {}
    if digests.get("pin"):
        yield Step("have its digest written behind its tag")
    elif digests.get("require"):
        yield Step("be named by digest")
    if spec.get("registries"):
        yield Step(f"come from {listed(spec['registries'])}")
    for one in spec.get("conditions") or []:
        yield Step(f"meet {shown(one.get('expression'), 300)}")


def _rollout(rollout: Object, action: str) -> Iterator[Step]:
    if action == "audit" or not rollout:
        return
    for stage in [*(rollout.get("stages") or []), rollout]:
        where = listed(stage.get("namespaces") or []) or "every namespace"
        part = f"{stage['percent']} % of the workloads in {where}" if stage.get("percent") not in (None, 100) else where
        until, grace = stage.get("auditUntil"), stage.get("grace")
        if until or grace:
            yield Step(f"In {part}: reported only until {until or 'now'}, then {action} for new workloads; "
                       f"those that existed are warned about for {grace or 'no time'} more.")  # fmt: skip
        for gate in stage.get("gates") or []:
            yield Step(
                f"In {part} it stays in audit until there was no new violation for {gate.get('noNewViolationFor')}."
            )
    if rollout.get("hold"):
        yield Step(f"The rollout is held since {rollout['hold'].get('since')}: {rollout['hold'].get('reason')}")


_MAKERS: dict[str, Callable[[Object], Iterator[Step]]] = {
    "AssayPolicy": _own,
    "ClusterImagePolicy": _image_policy,
    "ConstraintTemplate": _template,
    "ValidatingAdmissionPolicyBinding": _binding,
    "MutatingAdmissionPolicyBinding": _binding,
}


def exception(item: Object) -> Step:
    """An exception to a policy."""
    spec: Any = item.get("spec") or {}
    name = (item.get("metadata") or {}).get("name")
    until = spec.get("expires") or spec.get("expiresAt")
    told = [f"until {until}" if until else "without end"]
    told += [
        f"{part}: {shown(spec[part])}"
        for part in ("reason", "approver", "images", "vulnerabilities", "match", "matchConditions")
        if spec.get(part)
    ]
    return group(f"Excepted by {name}", told)
