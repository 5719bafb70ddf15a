"""Policies about pods, written once more for the controllers that make pods (Kyverno's ``autogen``).

A text replacement, as Kyverno does it: ``object.spec`` becomes ``object.spec.template.spec``, and of a CronJob
``object.spec.jobTemplate.spec.template.spec``; the name and the namespace stay those of the object itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from assay.engines.policy.cel.fields import Object, mapping, only, texts

_APPS = {
    "daemonsets": "DaemonSet",
    "deployments": "Deployment",
    "replicasets": "ReplicaSet",
    "statefulsets": "StatefulSet",
}
_TARGETS: dict[str, tuple[str, str, str]] = {
    **{resource: ("apps", kind, "defaults") for resource, kind in _APPS.items()},
    "jobs": ("batch", "Job", "defaults"),
    "cronjobs": ("batch", "CronJob", "cronjobs"),
}
_TEMPLATE = {"defaults": "spec.template", "cronjobs": "spec.jobTemplate.spec.template"}


@dataclass(frozen=True, slots=True)
class Variant:
    """A spec for controllers; `prefix` names it."""

    prefix: str
    spec: Object


def variants(spec: Object, place: str, convert: Callable[[Object, str], Object]) -> Iterator[Variant]:
    """The specs for the controllers that the policy asks for; `convert(spec, path of the template)` rewrites."""
    if not _about_pods(spec):
        return
    wanted = _controllers(spec, place)
    for group, template in _TEMPLATE.items():
        targets = [(name, *_TARGETS[name][:2]) for name in sorted(wanted) if _TARGETS.get(name, ("",) * 3)[2] == group]
        if targets:
            yield Variant(f"autogen-{group}", _variant(spec, group, template, targets, convert))


def controllers(spec: Object, place: str) -> Object:
    """``autogen`` itself, checked."""
    found, where = mapping(spec, "autogen", place), f"{place}.autogen"
    only(found, ("podControllers", "validatingAdmissionPolicy", "mutatingAdmissionPolicy"), where)
    for field in found:
        only(
            mapping(found, field, where),
            ("controllers",) if field == "podControllers" else ("enabled",),
            f"{where}.{field}",
        )
    return found


def _controllers(spec: Object, place: str) -> set[str]:
    chosen = mapping(controllers(spec, place), "podControllers", f"{place}.autogen")
    if chosen.get("controllers") is None:
        return set(_TARGETS)
    return set(texts(chosen, "controllers", f"{place}.autogen.podControllers"))


def _about_pods(spec: Object) -> bool:
    """Whether the policy matches pods and nothing else, by resource only (Kyverno's ``CanAutoGen``)."""
    match = mapping(spec, "matchConstraints", "")
    rules = match.get("resourceRules") or []
    if match.get("excludeResourceRules") or len(rules) != 1 or not isinstance(rules[0], dict):
        return False
    if any(mapping(mapping(match, name, ""), part, "") or () for name in _SELECTORS for part in ("matchLabels",)):
        return False
    if any(mapping(match, name, "").get("matchExpressions") for name in _SELECTORS):
        return False
    rule = rules[0]
    exact = (("apiGroups", [""]), ("apiVersions", ["v1"]), ("resources", ["pods"]))
    return not rule.get("resourceNames") and all(rule.get(key) == value for key, value in exact)


_SELECTORS = ("namespaceSelector", "objectSelector")


def _variant(
    spec: Object,
    group: str,
    template: str,
    targets: list[tuple[str, str, str]],
    convert: Callable[[Object, str], Object],
) -> Object:
    operations = spec["matchConstraints"]["resourceRules"][0].get("operations") or ["*"]
    rules: dict[str, list[str]] = {}
    for resource, api_group, _ in targets:
        rules.setdefault(api_group, []).append(resource)
    constraints = {
        "resourceRules": [
            {"apiGroups": [of], "apiVersions": ["v1"], "resources": names, "operations": operations}
            for of, names in sorted(rules.items())
        ]
    }
    return {**convert(_conditioned(spec, group, targets), template), "matchConstraints": constraints}


def _conditioned(spec: Object, group: str, targets: list[tuple[str, str, str]]) -> Object:
    """Match conditions that ask nothing of other kinds than the targets."""
    kinds = sorted(f"(object.apiVersion == '{of}/v1' && object.kind =='{kind}')" for _, of, kind in targets)
    conditions = [
        {
            "name": f"autogen-{group}-{item.get('name', '')}",
            "expression": f"!({'||'.join(kinds)}) || ({item['expression']})",
        }
        for item in spec.get("matchConditions") or []
        if isinstance(item, dict) and isinstance(item.get("expression"), str)
    ]
    return {**spec, "matchConditions": conditions} if conditions else spec


def expressions(spec: Object, template: str) -> Object:
    """All texts of a validating policy, rewritten."""
    return {key: _rewritten(value, template) for key, value in spec.items()}


def _rewritten(value: Any, template: str) -> Any:
    if isinstance(value, str):
        return rewrite(value, template)
    if isinstance(value, list):
        return [_rewritten(item, template) for item in value]
    return {key: _rewritten(item, template) for key, item in value.items()} if isinstance(value, dict) else value


def rewrite(expression: str, template: str) -> str:
    """``object.spec`` and ``object.metadata`` (also of ``oldObject``), but not the name and the namespace."""
    for part in ("spec", "metadata"):
        pattern = rf"(object|oldObject)\.{part}(?!\.(?:namespace|name)(?![A-Za-z0-9_]))"
        expression = re.sub(pattern, rf"\1.{template}.{part}", expression)
    return expression


def mutation(spec: Object, template: str) -> Object:
    """A mutating policy: its conditions and apply configurations; JSON patches and variables stay as they are."""
    found = dict(spec)
    found["mutations"] = [_mutated(item, template) for item in spec.get("mutations") or []]
    if spec.get("matchConditions"):
        found["matchConditions"] = [
            {**item, "expression": _templated(str(item.get("expression")), template)}
            for item in spec["matchConditions"]
        ]
    return found


def _mutated(item: Any, template: str) -> Any:
    inner = item.get("applyConfiguration") if isinstance(item, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("expression"), str):
        return item
    return {
        **item,
        "applyConfiguration": {**inner, "expression": _wrapped(_templated(inner["expression"], template), template)},
    }


def _templated(expression: str, template: str) -> str:
    for name in ("object", "Object"):
        expression = expression.replace(f"{name}.spec", f"{name}.{template}.spec")
        for part in ("labels", "annotations"):
            expression = expression.replace(f"{name}.metadata.{part}", f"{name}.{template}.metadata.{part}")
    return expression


def _wrapped(expression: str, template: str) -> str:
    """``Object{...}`` with what is inside put at the pod template, and the types on the way there named."""
    text = expression.strip()
    if not text.startswith("Object{") or (end := _closing(text, len("Object{"))) is None:
        return expression
    inner, rest = text[len("Object{") : end], text[end + 1 :]
    inner = re.sub(r"\bObject\.metadata\b", f"Object.{template}.metadata", inner)
    opened, path = "Object{", "Object"
    for part in template.split("."):
        path = f"{path}.{part}"
        opened += f"{part}: {path}{{"
    return f"{opened}{inner}{'}' * opened.count('{')}{rest}"


def _closing(text: str, start: int) -> int | None:
    depth = 1
    for at in range(start, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if not depth:
            return at
    return None
