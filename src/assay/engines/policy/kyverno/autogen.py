"""Rules about pods, written once more for the controllers that make pods (``autogen-`` and ``autogen-cronjob-``).

Done as Kyverno does it, so that policies mean the same: patterns move under ``spec.template``, and texts that say
``request.object.spec`` say ``request.object.spec.template.spec``. The annotation
``pod-policies.kyverno.io/autogen-controllers`` names the controllers; ``none`` is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from assay.engines.policy.kyverno.kinds import names_pod, parse
from assay.engines.policy.kyverno.odd import mapping, metadata
from assay.model.policy import Object

ANNOTATION = "pod-policies.kyverno.io/autogen-controllers"
_APPS = ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")
_CONTROLLERS = ("DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet")
_CRON = "CronJob"
_MAX_NAME = 63
_SPECIAL = ("name", "names", "selector", "annotations")


def rules(policy: Object) -> list[Object]:
    """The rules of a policy, followed by those for controllers."""
    spec = policy.get("spec") or {}
    own = [rule for rule in spec.get("rules") or [] if isinstance(rule, dict)]
    controllers = _controllers(policy, own)
    if not controllers:
        return own
    made = [found for rule in own for found in _generated(rule, controllers)]
    return [rule for rule in own if not _is_made(rule)] + made if made else own


def _is_made(rule: Object) -> bool:
    return str(rule.get("name", "")).startswith("autogen-")


def _controllers(policy: Object, own: list[Object]) -> tuple[str, ...]:
    if not own or not all(_supports(rule) for rule in own) or not any(_needs(rule) for rule in own):
        return ()
    named = mapping(metadata(policy).get("annotations")).get(ANNOTATION)
    if named is None:
        return (*_CONTROLLERS, _CRON)
    chosen = [part.strip() for part in str(named).split(",")]
    if chosen == ["none"]:
        return ()
    return (*_CONTROLLERS, _CRON) if chosen == ["all"] else tuple(chosen)


def _blocks(rule: Object) -> Iterator[Object]:
    """The resource descriptions of match and exclude."""
    for part in ("match", "exclude"):
        held = rule.get(part)
        filters: Object = held if isinstance(held, dict) else {}
        for block in [filters, *(filters.get("any") or []), *(filters.get("all") or [])]:
            if isinstance(block, dict) and isinstance(block.get("resources"), dict):
                yield block["resources"]


def _supports(rule: Object) -> bool:
    mutate = rule.get("mutate") or {}
    if rule.get("generate") or mutate.get("patchesJson6902"):
        return False
    if any(each.get("patchesJson6902") for each in mutate.get("foreach") or [] if isinstance(each, dict)):
        return False
    return all(_is_plain(resources) for resources in _blocks(rule))


def _is_plain(resources: Object) -> bool:
    kinds = resources.get("kinds") or []
    return not any(resources.get(part) for part in _SPECIAL) and not (len(kinds) > 1 and names_pod(kinds))


def _needs(rule: Object) -> bool:
    names = {"Pod", _CRON, *_CONTROLLERS}
    return any(kind in names for resources in _blocks(rule) for kind in resources.get("kinds") or [])


def _generated(rule: Object, controllers: tuple[str, ...]) -> Iterator[Object]:
    plain = [kind for kind in controllers if kind != _CRON]
    if _is_made(rule):
        return
    if plain and (found := _for_controllers(rule, plain)) is not None:
        yield _shifted(found, "spec.template", _uses_cel(rule))
    if _CRON in controllers and (base := _for_controllers(rule, plain or [_CRON])) is not None:
        found = _converted(base, f"autogen-cronjob-{rule.get('name', '')}", "jobTemplate", [_CRON], lambda _: True)
        if found is not None:
            yield _shifted(found, "spec.jobTemplate.spec.template", _uses_cel(rule))


def _uses_cel(rule: Object) -> bool:
    return bool((rule.get("validate") or {}).get("cel"))


def _for_controllers(rule: Object, controllers: list[str]) -> Object | None:
    matched = _kinds(rule.get("match") or {})
    excluded = _kinds(rule.get("exclude") or {})
    if not names_pod(matched) or (excluded and not names_pod(excluded)):
        return None
    known = [kind for kind in controllers if kind in _CONTROLLERS] or controllers
    return _converted(rule, f"autogen-{rule.get('name', '')}", "template", known, names_pod)


def _kinds(filters: Object) -> list[str]:
    blocks = [filters, *(filters.get("any") or []), *(filters.get("all") or [])]
    return [kind for block in blocks for kind in (block.get("resources") or {}).get("kinds") or []]


def _full(kind: str) -> str:
    if "/" in kind or parse(kind).kind != kind:
        return kind
    return f"apps/v1/{kind}" if kind in _APPS else f"batch/v1/{kind}" if kind in ("Job", _CRON) else f"v1/{kind}"


def _converted(
    rule: Object, name: str, key: str, controllers: list[str], chosen: Callable[[list[str]], bool]
) -> Object | None:
    """The rule for `controllers`, its patterns one level deeper under `key`."""
    found = {part: value for part, value in rule.items() if part not in ("match", "exclude")}
    kinds = [_full(kind) for kind in sorted(controllers)]
    found["name"] = name[:_MAX_NAME]
    found["match"] = _filters(rule.get("match") or {}, kinds, chosen, always=True)
    if rule.get("exclude"):
        found["exclude"] = _filters(rule["exclude"], kinds, chosen, always=False)
    if rule.get("mutate"):
        mutate = _mutate(rule["mutate"], key)
        return {**found, "mutate": mutate} if mutate is not None else None
    if rule.get("validate"):
        validate = _validate(rule["validate"], key)
        return {**found, "validate": validate} if validate is not None else None
    return found if rule.get("verifyImages") else None


def _filters(filters: Object, kinds: list[str], chosen: Callable[[list[str]], bool], *, always: bool) -> Object:
    for part in ("any", "all"):
        if filters.get(part):
            return {**filters, part: [_block(block, kinds, chosen) for block in filters[part]]}
    own = filters.get("resources") or {}
    if always or own.get("kinds"):
        return {**filters, "resources": {**own, "kinds": kinds}}
    return filters


def _block(block: Object, kinds: list[str], chosen: Callable[[list[str]], bool]) -> Object:
    own = block.get("resources") or {}
    held = own.get("kinds") or []
    return {**block, "resources": {**own, "kinds": kinds}} if chosen(held) else block


def _under(key: str, value: Any) -> Object:
    return {"spec": {key: value}}


def _mutate(mutate: Object, key: str) -> Object | None:
    if mutate.get("patchStrategicMerge") is not None:
        return {**mutate, "patchStrategicMerge": _under(key, mutate["patchStrategicMerge"])}
    if not mutate.get("foreach"):
        return None
    return {
        "foreach": [
            {**each, "patchStrategicMerge": _under(key, each["patchStrategicMerge"])}
            if each.get("patchStrategicMerge") is not None
            else each
            for each in mutate["foreach"]
        ]
    }


def _validate(validate: Object, key: str) -> Object | None:
    if validate.get("pattern") is not None:
        return {**validate, "pattern": _under(key, validate["pattern"])}
    if validate.get("anyPattern") is not None:
        return {**validate, "anyPattern": [_under(key, pattern) for pattern in validate["anyPattern"]]}
    known = ("deny", "podSecurity", "foreach", "cel")
    return validate if any(validate.get(part) is not None for part in known) else None


def _shifted(rule: Object, template: str, cel: bool) -> Object:
    """The rule with all texts about the object's spec and metadata turned to the template's."""
    roots = ("object", "oldObject") if cel else ("request.object", "request.oldObject")
    pairs = [(f"{root}.{part}", f"{root}.{template}.{part}") for part in ("spec", "metadata") for root in roots]
    found: Object = _replaced(rule, pairs)
    return {**found, "match": rule["match"]} if "match" in rule else found


def _replaced(value: Any, pairs: list[tuple[str, str]]) -> Any:
    if isinstance(value, str):
        for old, new in pairs:
            value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {key: _replaced(inner, pairs) for key, inner in value.items()}
    return [_replaced(inner, pairs) for inner in value] if isinstance(value, list) else value
