"""``match`` and ``exclude`` of a classic rule as ``matchConstraints`` and ``matchConditions``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from assay.engines.policy import resources, wildcards
from assay.engines.policy.converting.cel_text import Cel, chosen, every, literal, negated, pattern, quoted, some
from assay.engines.policy.converting.losses import Effect, Notes, unsayable
from assay.engines.policy.converting.queries import has_variables
from assay.engines.policy.kyverno import kinds
from assay.engines.policy.kyverno.kinds import KindSelector
from assay.model.policy import Object

OPERATIONS = ("CREATE", "UPDATE")
_USERS = ("roles", "clusterRoles", "subjects")
_SPECIAL = ("name", "names", "selector", "annotations")


@dataclass(frozen=True, slots=True)
class Matching:
    """What a policy takes: rules for the API server, and what must hold besides."""

    rules: tuple[Object, ...]
    conditions: tuple[str, ...]
    grows: bool
    """Whether the classic rule is also one for the controllers that make pods."""


def blocks(filters: Object) -> list[Object]:
    """The blocks of ``any`` or ``all``, or the filter itself as the one."""
    for part in ("any", "all"):
        if filters.get(part):
            return list(filters[part])
    return [filters] if filters else []


def convert(notes: Notes, match: Object, exclude: Object, wanted: Sequence[str]) -> Matching:
    """Of a rule; `wanted` are the operations where the rule names none."""
    taken = blocks(match)
    rules = list(_rules(notes, taken, wanted))
    parts = [_block(block, "match", notes, alone=len(taken) == 1) for block in taken]
    joined = every(parts) if match.get("all") else some(parts)
    left = [_excluded(block, notes) for block in blocks(exclude)]
    out = every(left) if exclude.get("all") else some(part for part in left)
    whole = every((joined, negated(out) if left else "true"))
    return Matching(tuple(rules), tuple(_conditions(joined, out if left else "false", whole)), _grows(match, exclude))


def _conditions(taken: str, out: str, whole: str) -> Iterator[str]:
    if "object.metadata.?labels" in whole or "object.metadata.?annotations" in whole:
        before = whole.replace("object.metadata.", "oldObject.metadata.")
        yield some((whole, f"oldObject != null && object != null && ({before})"))
        return
    if taken != "true":
        yield taken
    if out != "false":
        yield negated(out)


def _grows(match: Object, exclude: Object) -> bool:
    """Whether Kyverno makes rules for controllers of it: nothing but kinds, operations and namespaces are named."""
    return not any(
        (block.get("resources") or {}).get(part) for block in [*blocks(match), *blocks(exclude)] for part in _SPECIAL
    )


def _kinds(block: Object) -> list[str]:
    return list((block.get("resources") or {}).get("kinds") or [])


def _rules(notes: Notes, taken: list[Object], wanted: Sequence[str]) -> Iterator[Object]:
    found: dict[tuple[str, ...], dict[tuple[str, str], list[str]]] = {}
    for block in taken:
        operations = tuple((block.get("resources") or {}).get("operations") or wanted)
        for text in _kinds(block) or ["*"]:
            selector = kinds.parse(text)
            for group, version, name in _served(selector, notes):
                held = found.setdefault(operations, {}).setdefault((group, version), [])
                if name not in held:
                    held.append(name)
    for operations, groups in found.items():
        for (group, version), names in groups.items():
            yield {"apiGroups": [group], "apiVersions": [version], "operations": list(operations), "resources": names}


def _served(selector: KindSelector, notes: Notes) -> Iterator[tuple[str, str, str]]:
    """Groups, versions and resources of a kind."""
    sub = f"/{selector.sub_resource}" if selector.sub_resource else ""
    if wildcards.contains(selector.kind):
        yield _or_any(selector.group), _or_any(selector.version), f"*{sub}"
        return
    if not wildcards.contains(selector.group):
        plural = resources.resource_kind(selector.group, selector.kind).resource
        yield selector.group, _or_any(selector.version), f"{plural}{sub}"
        return
    served = resources.everywhere(selector.kind)
    if not served or selector.group != "*":
        notes.lose("match", f"the plural of {selector.kind} is guessed", Effect.SAME)
        yield _or_any(selector.group), _or_any(selector.version), f"{resources.plural(selector.kind)}{sub}"
        return
    for group, row in served:
        version = "v1" if selector.version == "*" and not group and not sub else _or_any(selector.version)
        yield group, version, f"{row.resource}{sub}"


def _or_any(text: str) -> str:
    return "*" if wildcards.contains(text) else text


def _excluded(block: Object, notes: Notes) -> str:
    if block.get("roles") or block.get("clusterRoles"):
        notes.lose(
            "exclude", "roles are not known to CEL: what they are excluded from is asked of them too", Effect.STRICTER
        )
        return "false"
    return _block(block, "exclude", notes, alone=False)


def _block(block: Object, place: str, notes: Notes, *, alone: bool) -> str:
    """What a block asks besides kinds; these too, unless it stands alone."""
    if has_variables(block):
        unsayable(f"variables in {place}")
    held = block.get("resources") or {}
    if not held and not any(block.get(part) for part in _USERS):
        return "false"
    names = [*([held["name"]] if held.get("name") else []), *(held.get("names") or [])]
    parts = [
        _kind(held.get("kinds") or [], alone),
        "true" if alone or not held.get("operations") else f"request.operation in {literal(held['operations'])}",
        globbed(_name(), names) if names else "true",
        globbed(_namespace(held.get("kinds") or []), held["namespaces"]) if held.get("namespaces") else "true",
        *(_annotation(str(key), str(value)) for key, value in (held.get("annotations") or {}).items()),
        selector(held.get("selector") or {}, "object.metadata.?labels"),
        _in_namespace(held.get("namespaceSelector") or {}),
        _users(block, matching=place == "match"),
    ]
    return every(parts)


def _kind(names: list[str], alone: bool) -> str:
    if alone and not any(wildcards.contains(kinds.parse(name).kind.strip("*")) or _is_partial(name) for name in names):
        return "true"
    return some(_one_kind(kinds.parse(name)) for name in names) if names else "true"


def _is_partial(name: str) -> bool:
    kind = kinds.parse(name).kind
    return wildcards.contains(kind) and kind != "*"


def _one_kind(wanted: KindSelector) -> str:
    parts = []
    for text, field in ((wanted.kind, "kind"), (wanted.group, "group"), (wanted.version, "version")):
        if text != "*":
            parts.append(globbed(f"request.kind.{field}", [text]))
    if wanted.sub_resource and wanted.sub_resource != "*":
        parts.append(globbed("request.subResource", [wanted.sub_resource]))
    return every(parts)


def _name() -> str:
    return "object.metadata.?name.orValue(object.metadata.?generateName.orValue(''))"


def _namespace(names: list[str]) -> str:
    if not names or any(kinds.parse(name).kind in ("*", "Namespace") for name in names):
        return "(request.kind.kind == 'Namespace' ? object.metadata.name : request.namespace)"
    return "request.namespace"


def globbed(text: str, patterns: list[Any]) -> str:
    """Whether `text` is of one of the forms."""
    exact = [str(item) for item in patterns if not wildcards.contains(str(item))]
    if "*" in patterns:
        return "true"
    found = [f"{text} == {quoted(exact[0])}" if len(exact) == 1 else f"{text} in {literal(exact)}"] if exact else []
    return some(
        [
            *found,
            *(f"{text}.matches({quoted(pattern(str(item)))})" for item in patterns if wildcards.contains(str(item))),
        ]
    )


def _annotation(key: str, value: str) -> str:
    return _labelled("object.metadata.?annotations", key, value)


def _labelled(held: str, key: str, value: str) -> str:
    """A label or annotation, both parts of which may have wildcards."""
    if not wildcards.contains(key):
        if value == "*":
            return f"{chosen(held, key, optional=True)}.hasValue()"
        return globbed(f"{chosen(held, key, optional=True)}.orValue('')", [value])
    inner = every((globbed("k", [key]), globbed(f"{held}.orValue({{}})[k]", [value])))
    return f"{held}.orValue({{}}).exists(k, {inner})"


def selector(wanted: Object, held: str) -> str:
    """A label selector."""
    parts = [_labelled(held, str(key), str(value)) for key, value in (wanted.get("matchLabels") or {}).items()]
    for item in wanted.get("matchExpressions") or []:
        key, values = str(item.get("key")), [str(value) for value in item.get("values") or []]
        found = Cel(chosen(held, key, optional=True), optional=True)
        there = f"{found.text}.hasValue()"
        if wildcards.contains(key):
            unsayable("wildcards in keys of matchExpressions")
        match item.get("operator"):
            case "In":
                parts.append(globbed(found.closed("''"), values))
            case "NotIn":
                parts.append(some((negated(there), negated(globbed(found.closed("''"), values)))))
            case "Exists":
                parts.append(there)
            case _:
                parts.append(negated(there))
    return every(parts)


def _in_namespace(wanted: Object) -> str:
    if not wanted:
        return "true"
    return some(
        (
            "request.kind.kind == 'Namespace'",
            every(("namespaceObject != null", selector(wanted, "namespaceObject.metadata.?labels"))),
        )
    )


def _users(block: Object, *, matching: bool) -> str:
    if not any(block.get(part) for part in _USERS):
        return "true"
    if block.get("roles") or block.get("clusterRoles"):
        unsayable("roles and clusterRoles of who asks, which CEL does not know")
    found = some(_subject(subject) for subject in block["subjects"])
    nobody = "request.userInfo.?username.orValue('') == ''"
    return some((nobody, found)) if matching else found


def _subject(subject: Object) -> str:
    user, name = "request.userInfo.?username.orValue('')", str(subject.get("name", ""))
    match subject.get("kind"):
        case "ServiceAccount":
            return globbed(user, [f"system:serviceaccount:{subject.get('namespace', '')}:{name}"])
        case "User":
            return globbed(user, [name])
    return f"request.userInfo.?groups.orValue([]).exists(g, {globbed('g', [name])})"
