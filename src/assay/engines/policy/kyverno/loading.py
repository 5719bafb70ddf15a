"""ClusterPolicy and Policy read from manifests (kyverno.io v1, v2beta1).

Example::

    apiVersion: kyverno.io/v1
    kind: ClusterPolicy
    metadata: {name: labels}
    spec:
      rules:
      - name: app
        match: {any: [{resources: {kinds: [Pod]}}]}
        validate: {failureAction: Enforce, message: app is missing, pattern: {metadata: {labels: {app: "?*"}}}}

An unknown field, and what cannot be evaluated, is refused by its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from assay.engines.policy.cel.fields import flag, mapping, objects, only, text, texts, wrong
from assay.engines.policy.cel.validations import Validations, conditions
from assay.engines.policy.kyverno import (
    autogen,
    cel_rule,
    clauses,
    entries,
    exceptions,
    filter_fields,
    generating,
    mutating,
    pod_security,
    validating,
    verifying,
)
from assay.engines.policy.kyverno.policy import Body, ClassicPolicy, Force, Rule, Settings
from assay.engines.policy.queries.faults import BadQuery
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object

_ROLES = re.compile(r"[rR]oles|\{\{[^}]*request(?![.\w])")
GROUP = "kyverno.io"
KINDS = ("ClusterPolicy", "Policy")
VERSIONS = ("v1", "v2beta1", "v2")
MAX_RULES = 1000
_ACTIONS = ("audit", "enforce", "Audit", "Enforce")
_SPEC = (
    *("rules", "failurePolicy", "validationFailureAction", "validationFailureActionOverrides", "admission"),
    *("background", "emitWarning", "schemaValidation", "webhookTimeoutSeconds", "webhookConfiguration", "applyRules"),
    *("mutateExistingOnPolicyUpdate", "generateExisting", "generateExistingOnPolicyUpdate", "useServerSideApply"),
)
_RULE = (
    *("name", "match", "exclude", "imageExtractors", "context", "preconditions", "celPreconditions"),
    *("mutate", "validate", "generate", "verifyImages", "skipBackgroundRequests", "reportProperties"),
)
_BODIES = ("validate", "mutate", "generate", "verifyImages")
_VALIDATE = (
    *("failureAction", "failureActionOverrides", "allowExistingViolations", "message", "manifests", "foreach"),
    *("pattern", "anyPattern", "deny", "podSecurity", "cel", "assert"),
)
_FLAGS = (
    *("admission", "background", "emitWarning", "schemaValidation", "useServerSideApply"),
    *("mutateExistingOnPolicyUpdate", "generateExisting", "generateExistingOnPolicyUpdate"),
)


def is_policy(item: Object) -> bool:
    """Whether `load` reads it."""
    kind = GroupVersionKind.of(item)
    return kind.group == GROUP and kind.kind in KINDS


is_exception = exceptions.is_exception


def load(policy: Manifest, others: Iterable[Manifest] = (), *, everywhere: bool = False) -> ClassicPolicy:
    """The policy, with the exceptions to it that are among `others`.

    `everywhere` asks it although ``admission`` is off, as tests do. Raises `Malformed` with file, line and field.
    """
    item, place = policy.object, policy.place
    kind = GroupVersionKind.of(item)
    only(item, ("apiVersion", "kind", "metadata", "spec", "status"), place)
    if kind.version not in VERSIONS:
        wrong(f"{place}: apiVersion", f"{kind.version!r:.40} is none of {', '.join(VERSIONS)}")
    metadata = mapping(item, "metadata", place)
    name = text(metadata, "name", f"{place}: metadata")
    namespace = (text(metadata, "namespace", place) or "default") if kind.kind == "Policy" else ""
    spec, where = mapping(item, "spec", place), f"{place}: spec"
    settings, force = _settings(spec, where, everywhere), _force(spec, where)
    return ClassicPolicy(
        name,
        namespace,
        tuple(_rules(item, where, force)),
        settings,
        exceptions.load(others, f"{namespace}/{name}" if namespace else name),
        _webhook(spec, where),
        roles=_speaks_of_roles(spec),
    )


def _speaks_of_roles(value: Any) -> bool:
    """Whether a text names them, or the whole request."""
    if isinstance(value, dict):
        return any(_speaks_of_roles(item) for item in value.values())
    if isinstance(value, list):
        return any(_speaks_of_roles(item) for item in value)
    return isinstance(value, str) and _ROLES.search(value) is not None


def _settings(spec: Object, place: str, everywhere: bool) -> Settings:
    only(spec, _SPEC, place)
    for field in _FLAGS:
        flag(spec, field, place, default=False)
    webhook = mapping(spec, "webhookConfiguration", place)
    policy = text(webhook, "failurePolicy", place, ("Fail", "Ignore")) or text(
        spec, "failurePolicy", place, ("Fail", "Ignore"), "Fail"
    )
    return Settings(
        one_rule=text(spec, "applyRules", place, ("All", "One"), "All") == "One",
        fails_closed=policy == "Fail",
        warns=flag(spec, "emitWarning", place, default=False),
        admission=everywhere or flag(spec, "admission", place, default=True),
    )


def _webhook(spec: Object, place: str) -> Validations | None:
    webhook, where = mapping(spec, "webhookConfiguration", place), f"{place}.webhookConfiguration"
    only(webhook, ("failurePolicy", "timeoutSeconds", "matchConditions"), where)
    if not webhook.get("matchConditions"):
        return None
    return Validations(conditions=conditions(webhook, cel_rule.environment(), where))


def _force(holder: Object, place: str, prefix: str = "validationF", default: Force | None = None) -> Force:
    """``validationFailureAction`` of a spec, ``failureAction`` of a rule; `default` where neither says anything."""
    action = text(holder, f"{prefix}ailureAction", place, _ACTIONS)
    overrides = tuple(
        _override(item, where) for item, where in objects(holder, f"{prefix}ailureActionOverrides", place)
    )
    if not action and not overrides and default is not None:
        return default
    return Force(action.lower() == "enforce" if action or default is None else default.enforce, overrides)


def _override(item: Object, place: str) -> tuple[bool, tuple[str, ...], Object]:
    only(item, ("action", "namespaces", "namespaceSelector"), place)
    enforce = text(item, "action", place, _ACTIONS).lower() == "enforce"
    return enforce, texts(item, "namespaces", place), mapping(item, "namespaceSelector", place)


def _rules(policy: Object, place: str, force: Force) -> Iterable[Rule]:
    spec = mapping(policy, "spec", place)
    own = list(objects(spec, "rules", place))
    if not own or len(own) > MAX_RULES:
        wrong(f"{place}.rules", "there are none" if not own else f"over {MAX_RULES}")
    for rule, where in own:
        _rule(rule, where, force)
    names = [str(rule.get("name")) for rule, _ in own]
    if len(set(names)) < len(names):
        wrong(f"{place}.rules", "two rules have the same name")
    for rule in autogen.rules(policy):
        yield _rule(rule, f"{place}.rules[{rule.get('name')}]", force)


def _rule(rule: Object, place: str, force: Force) -> Rule:
    try:
        return _read_rule(rule, place, force)
    except BadQuery as error:
        wrong(place, error.what)


def _read_rule(rule: Object, place: str, force: Force) -> Rule:
    only(rule, _RULE, place)
    chosen = [part for part in _BODIES if rule.get(part)]
    if len(chosen) != 1:
        wrong(place, f"exactly one of {', '.join(_BODIES)} is needed")
    name = text(rule, "name", place)
    if not name:
        wrong(f"{place}.name", "a rule needs a name")
    cel = conditions(rule, cel_rule.environment(), place, "celPreconditions") if rule.get("celPreconditions") else ()
    match = filter_fields.check(rule, "match", place)
    if not match:
        wrong(f"{place}.match", "is empty")
    validate = mapping(rule, "validate", place)
    return Rule(
        name,
        match,
        filter_fields.check(rule, "exclude", place),
        entries.load(rule, place),
        clauses.load(rule.get("preconditions"), f"{place}.preconditions"),
        Validations(conditions=cel) if cel else None,
        _body(rule, chosen[0], place),
        _force(validate, f"{place}.validate", "f", force),
        flag(validate, "allowExistingViolations", f"{place}.validate", default=True),
    )


def _body(rule: Object, chosen: str, place: str) -> Body:
    where = f"{place}.{chosen}"
    if chosen == "verifyImages":
        return verifying.load(rule, place)
    value: Any = mapping(rule, chosen, place)
    if chosen == "mutate":
        return mutating.load(value, where)
    if chosen == "generate":
        return generating.load(value, where)
    return _validation(value, where)


def _validation(value: Object, place: str) -> Body:
    only(value, _VALIDATE, place)
    message = text(value, "message", place)
    for field, reason in (
        ("manifests", "signed manifests cannot be verified"),
        ("assert", "assertion trees cannot be evaluated"),
    ):
        if value.get(field) is not None:
            wrong(f"{place}.{field}", reason)
    if value.get("podSecurity") is not None:
        return pod_security.load(mapping(value, "podSecurity", place), f"{place}.podSecurity", message)
    if value.get("cel") is not None:
        return cel_rule.load(mapping(value, "cel", place), f"{place}.cel", message)
    return validating.load(value, place, message)
