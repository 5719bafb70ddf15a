"""A classic generate rule as a GeneratingPolicy: an object with data, and a copy of another."""

from __future__ import annotations

from typing import Any

from assay.engines.policy import resources
from assay.engines.policy.converting import rules
from assay.engines.policy.converting.cel_text import Cel, Kind, literal, quoted
from assay.engines.policy.converting.losses import Effect, unsayable
from assay.engines.policy.converting.queries import Queries, has_variables
from assay.engines.policy.converting.rules import RuleSource
from assay.model.policy import GroupVersionKind, Object


def convert(source: RuleSource) -> list[Object]:
    """The one policy; raises `Unsayable` for foreach and lists of clones."""
    body: Object = source.rule["generate"]
    for part in ("foreach", "cloneList", "template"):
        if body.get(part):
            unsayable(f"generate.{part}: write a generator.Apply for each object by hand")
    around = rules.frame(source, ("CREATE", "UPDATE"), guarded=False)
    namespace = around.queries.text(str(body.get("namespace") or "")).closed("''")
    made = _cloned(around.queries, body) if body.get("clone") else _written(around.queries, body, namespace)
    spec = {**around.spec, "generate": [{"expression": f"generator.Apply({namespace}, [{made}])"}]}
    evaluation = dict(spec.get("evaluation") or {})
    if body.get("synchronize") is not None:
        evaluation["synchronize"] = {"enabled": bool(body["synchronize"])}
    existing = source.spec.get("generateExisting") or body.get("generateExisting")
    if existing is not None:
        evaluation["generateExisting"] = {"enabled": bool(existing)}
    spec |= {"evaluation": evaluation} if evaluation else {}
    if body.get("orphanDownstreamOnPolicyDelete") is not None:
        source.notes.lose("generate.orphanDownstreamOnPolicyDelete", "set it in spec.evaluation", Effect.SAME)
    return [rules.made(source, "GeneratingPolicy", spec)]


def _written(queries: Queries, body: Object, namespace: str) -> str:
    about = {"apiVersion": str(body.get("apiVersion") or "v1"), "kind": str(body.get("kind") or "")}
    data: Object = body.get("data") or {}
    metadata = {**(data.get("metadata") or {}), "name": str(body.get("name") or "")}
    if body.get("namespace"):
        metadata["namespace"] = str(body["namespace"])
    return _literal(queries, {**about, **data, "metadata": metadata})


def _literal(queries: Queries, value: Any) -> str:
    """A map of CEL, its types mixed, with the values of variables."""
    if isinstance(value, dict):
        parts = (f"{_key(key)}: dyn({_literal(queries, item)})" for key, item in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        return f"[{', '.join(f'dyn({_literal(queries, item)})' for item in value)}]"
    return queries.text(value).closed() if has_variables(value) else literal(value)


def _key(key: str) -> str:
    if "{{" in key:
        unsayable("variables in keys")
    return quoted(key)


def _cloned(queries: Queries, body: Object) -> str:
    """The other object, under the name and in the namespace of the new one."""
    clone: Object = body["clone"]
    version, kind = str(body.get("apiVersion") or "v1"), str(body.get("kind") or "")
    plural = resources.resource_of(GroupVersionKind.of({"apiVersion": version, "kind": kind})).resource
    where = (queries.text(str(clone.get(part) or "")).closed("''") for part in ("namespace", "name"))
    if clone.get("name") != body.get("name"):
        unsayable("generate.clone under another name")
    return Cel(f"resource.Get({quoted(version)}, {quoted(plural)}, {', '.join(where)})", Kind.MAP).text
