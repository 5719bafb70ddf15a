"""What every rule of a classic policy has, in the words of the CEL kinds: names, reach, conditions and actions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from assay.engines.policy.converting import conditions, context, matching
from assay.engines.policy.converting.cel_text import Cel, Kind, literal, negated, quoted, some
from assay.engines.policy.converting.losses import Effect, Notes, unsayable
from assay.engines.policy.converting.queries import Queries
from assay.engines.policy.kyverno import autogen
from assay.engines.policy.kyverno.odd import mapping
from assay.errors import AssayError
from assay.model.policy import Object

GROUP_VERSION = "policies.kyverno.io/v1"
FROM, LOST = "assay.dev/converted-from", "assay.dev/lost"
_CONTROLLERS = {
    "DaemonSet": "daemonsets",
    "Deployment": "deployments",
    "ReplicaSet": "replicasets",
    "StatefulSet": "statefulsets",
    "Job": "jobs",
    "CronJob": "cronjobs",
}
_NO_COPIES = (autogen.ANNOTATION, "kubectl.kubernetes.io/last-applied-configuration")
MAX_NAME = 63


@dataclass(slots=True)
class RuleSource:
    """A rule with the policy it is of, and what is known while it is converted."""

    policy: Object
    rule: Object
    notes: Notes = field(default_factory=Notes)

    @property
    def spec(self) -> Object:
        """Of the policy."""
        found = self.policy.get("spec")
        return found if isinstance(found, dict) else {}

    @property
    def name(self) -> str:
        """Of the rule."""
        return str(self.rule.get("name", ""))

    def operations(self, body: Object) -> tuple[str, ...]:
        """Those of the rule where it names none: DELETE only for a rule that asks for it."""
        if "deny" not in repr(body):
            return matching.OPERATIONS
        about = [
            one
            for one in _conditions((body, self.rule.get("preconditions")))
            if "request.operation" in str(one.get("key"))
        ]
        if any("DELETE" in str(one.get("value")) and not _is_negative(one) for one in about):
            return (*matching.OPERATIONS, "DELETE")
        if not about and not any(
            (block.get("resources") or {}).get("operations") for block in matching.blocks(self.rule.get("match") or {})
        ):
            self.notes.lose(
                "match", "deletions are not judged; name DELETE among the operations of the rule if they are to be"
            )
        return matching.OPERATIONS

    def kind(self, kind: str) -> str:
        """Of the new policy: that of a namespace for one of a namespace."""
        return f"Namespaced{kind}" if self.policy.get("kind") == "Policy" else kind

    def policy_name(self, suffix: str = "") -> str:
        """The name of a new policy: that of the old one, with the rule's where it has several."""
        name = str((self.policy.get("metadata") or {}).get("name") or "")
        rules = self.spec.get("rules") or []
        text = f"{name}-{self.name}" if len(rules) > 1 else name
        plain = re.sub(r"[^a-z0-9.-]+", "-", text.lower())
        if len(plain) + len(suffix) > MAX_NAME:  # the end tells it from its like
            plain = f"{plain[: MAX_NAME - 9 - len(suffix)].strip('-.')}-{sha256(plain.encode()).hexdigest()[:8]}"
        return f"{plain.strip('-.')}{suffix}"


def _conditions(value: Any) -> Iterator[Object]:
    """All conditions in a part of a rule."""
    if isinstance(value, dict):
        if "operator" in value:
            yield value
        for inner in value.values():
            yield from _conditions(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _conditions(inner)


def _is_negative(condition: Object) -> bool:
    return "not" in str(condition.get("operator")).lower()


def made(source: RuleSource, kind: str, spec: Object, suffix: str = "") -> Object:
    """An object of a CEL kind, with labels and annotations of the old one."""
    old = source.policy.get("metadata") or {}
    annotations = {key: value for key, value in mapping(old.get("annotations")).items() if key not in _NO_COPIES}
    annotations[FROM] = f"{source.policy.get('kind')}/{old.get('name', '')}/{source.name}"
    if source.notes.found:
        annotations[LOST] = "; ".join(map(str, source.notes.found))
    metadata: Object = {"name": source.policy_name(suffix)}
    metadata |= {part: old[part] for part in ("namespace", "labels") if old.get(part)}
    metadata["annotations"] = annotations
    return {"apiVersion": GROUP_VERSION, "kind": source.kind(kind), "metadata": metadata, "spec": spec}


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the body: the beginning of a spec, and the queries that know its variables."""

    spec: Object
    queries: Queries
    guard: str = "true"
    """Preconditions that need variables, which match conditions do not see."""


def frame(source: RuleSource, wanted: Sequence[str], *, guarded: bool = True) -> Frame:
    """Reach, conditions and variables of a rule; raises `Unsayable`."""
    rule, notes = source.rule, source.notes
    found = matching.convert(notes, rule.get("match") or {}, rule.get("exclude") or {}, wanted)
    item = _item(found.rules)
    queries = Queries(notes, item)
    queries, variables = context.variables(queries, list(rule.get("context") or []))
    listed = [
        {"name": "match" if at == 0 else f"match-{at}", "expression": _about(text, item)}
        for at, text in enumerate(found.conditions)
    ]
    before = conditions.clauses(queries, rule.get("preconditions"))
    guard = "true"
    if "variables." in before:
        if not guarded:
            unsayable("preconditions with variables of the context")
        guard = before
    elif before != "true":
        listed.append({"name": "preconditions", "expression": before})
    listed += list(_given(rule.get("celPreconditions"), "celPreconditions"))
    listed += list(_given((source.spec.get("webhookConfiguration") or {}).get("matchConditions"), "webhook"))
    spec: Object = {"matchConstraints": {"resourceRules": list(found.rules)}}
    spec |= {"matchConditions": listed} if listed else {}
    spec |= {"variables": variables} if variables else {}
    return Frame(_settled(source, spec), queries, guard)


def _item(rules: Sequence[Object]) -> str:
    """The object that the rule is about: of a deletion what is to go."""
    operations = {operation for rule in rules for operation in rule["operations"]}
    if operations == {"DELETE"}:
        return "oldObject"
    return "(object != null ? object : oldObject)" if "DELETE" in operations else "object"


def _about(text: str, item: str) -> str:
    return text if item == "object" else re.sub(r"(?<![A-Za-z.])object\.", f"{item}.", text)


def _given(entries: Any, place: str) -> Iterator[Object]:
    for at, entry in enumerate(entries or []):
        yield {"name": str(entry.get("name") or f"{place}-{at}"), "expression": str(entry.get("expression") or "true")}


def _settled(source: RuleSource, spec: Object) -> Object:
    """With the settings of the policy."""
    old, notes = source.spec, source.notes
    webhook = old.get("webhookConfiguration") or {}
    timeout = webhook.get("timeoutSeconds") or old.get("webhookTimeoutSeconds")
    policy = webhook.get("failurePolicy") or old.get("failurePolicy")
    spec |= {"failurePolicy": policy} if policy else {}
    spec |= {"webhookConfiguration": {"timeoutSeconds": timeout}} if timeout else {}
    evaluation = {part: {"enabled": False} for part in ("admission", "background") if old.get(part) is False}
    spec |= {"evaluation": evaluation} if evaluation else {}
    if old.get("applyRules") == "One":
        notes.lose("spec.applyRules", "every rule is asked, not only the first that applies", Effect.STRICTER)
    for part in ("skipBackgroundRequests", "reportProperties"):
        if source.rule.get(part) is not None:
            notes.lose(part, "there is no such field", Effect.SAME)
    return spec


def grown(source: RuleSource, spec: Object) -> Object:
    """With the controllers that the rule is for besides pods."""
    name = source.name
    kinds: set[str] = set()
    for rule in autogen.rules(source.policy):
        if rule.get("name") in (f"autogen-{name}"[:MAX_NAME], f"autogen-cronjob-{name}"[:MAX_NAME]):
            kinds |= {
                kind.rpartition("/")[2]
                for block in matching.blocks(rule.get("match") or {})
                for kind in (block.get("resources") or {}).get("kinds") or []
            }
    wanted = sorted(_CONTROLLERS[kind] for kind in kinds if kind in _CONTROLLERS)
    if "ReplicationController" in kinds:
        source.notes.lose("match", "pods in ReplicationControllers are judged only as pods", Effect.WEAKER)
    if set(wanted) == set(_CONTROLLERS.values()) or not _is_about_pods(spec):
        return spec
    return {**spec, "autogen": {"podControllers": {"controllers": wanted}}}


def _is_about_pods(spec: Object) -> bool:
    rules = spec["matchConstraints"]["resourceRules"]
    return len(rules) == 1 and rules[0]["resources"] == ["pods"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the policies that a rule becomes: an action, and where it holds."""

    suffix: str
    enforce: bool
    condition: str = "true"


def variants(source: RuleSource, holder: Object, prefix: str = "f") -> list[Variant]:
    """One, or two where namespaces have another action."""
    action, overrides = _force(source, holder, prefix)
    if not overrides:
        return [Variant("", action)]
    text = literal(action)
    for override in reversed(overrides):
        enforce = str(override.get("action", "")).lower() == "enforce"
        where = _where(override)
        text = some((where, text)) if enforce else f"!({where}) && ({text})" if text != "false" else "false"
    if text in ("true", "false"):
        return [Variant("", text == "true")]
    return [Variant("-enforce", True, text), Variant("-audit", False, negated(text))]


def _force(source: RuleSource, holder: Object, prefix: str) -> tuple[bool, list[Object]]:
    """As the classic engine has it: the rule's own, else that of the spec."""
    own, overrides = holder.get(f"{prefix}ailureAction"), holder.get(f"{prefix}ailureActionOverrides") or []
    spec = source.spec
    outer = str(spec.get("validationFailureAction") or "Audit").lower() == "enforce"
    if not own and not overrides:
        return outer, list(spec.get("validationFailureActionOverrides") or [])
    return (str(own).lower() == "enforce" if own else outer), list(overrides)


def _where(override: Object) -> str:
    names = override.get("namespaces") or []
    parts = [matching.globbed("request.namespace", names)] if names else []
    if override.get("namespaceSelector"):
        chosen = matching.selector(override["namespaceSelector"], "namespaceObject.metadata.?labels")
        parts.append(f"namespaceObject != null && {chosen}")
    return " && ".join(f"({part})" for part in parts) or "true"


def actions(source: RuleSource, enforce: bool) -> list[str]:
    """``validationActions``."""
    warn = source.spec.get("emitWarning") is True
    return ["Deny"] if enforce else ["Audit", "Warn"] if warn else ["Audit"]


def said(queries: Queries, message: str, default: str) -> Object:
    """``message``, or ``messageExpression`` where it has variables."""
    if "{{" not in message:
        return {"message": message.strip() or default}
    try:
        found = queries.text(message)
    except AssayError as error:
        queries.notes.lose("message", f"its variables stay text: {error.what}", Effect.SAME)
        return {"message": message}
    text = found.closed("''") if found.kind is Kind.TEXT else f"string({found.closed(quoted(''))})"
    return {"messageExpression": text}


def root(queries: Queries) -> Cel:
    """The object that a rule is about."""
    return Cel(queries.item, Kind.MAP)
