"""A classic mutate rule as a MutatingPolicy: JSON patches, and strategic merge patches of maps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assay.engines.policy.converting import rules
from assay.engines.policy.converting.cel_text import Cel, chosen, literal, quoted
from assay.engines.policy.converting.losses import unsayable
from assay.engines.policy.converting.patterns import there
from assay.engines.policy.converting.queries import Queries, has_variables, select
from assay.engines.policy.converting.rules import RuleSource
from assay.engines.policy.kyverno.anchors import Anchor, parse
from assay.formats.manifest import scalar
from assay.formats.yaml import documents
from assay.model.policy import Object

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAPS = ("labels", "annotations", "data", "stringData", "parameters")


def convert(source: RuleSource) -> list[Object]:
    """The one policy; raises `Unsayable` for lists, conditions inside patches, targets and foreach."""
    body: Object = source.rule["mutate"]
    for part in ("targets", "foreach"):
        if body.get(part):
            unsayable(f"mutate.{part}: write it by hand, with matchConditions and mutations of its own")
    around = rules.frame(source, ("CREATE", "UPDATE"), guarded=False)
    if body.get("patchesJson6902"):
        made = _json_patch(around.queries, body["patchesJson6902"])
        mutation: Object = {"patchType": "JSONPatch", "jsonPatch": {"expression": made}}
    else:
        made = _merged(around.queries, body.get("patchStrategicMerge") or {})
        mutation = {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": made}}
    spec = rules.grown(source, {**around.spec, "mutations": [mutation]})
    return [rules.made(source, "MutatingPolicy", spec)]


def _json_patch(queries: Queries, value: Any) -> str:
    if isinstance(value, str):
        found = next(iter(documents(value, scalar)), None)
        value = found.value if found is not None else None
    if not isinstance(value, list):
        unsayable("patchesJson6902 that is no list")
    return f"[{', '.join(_operation(queries, one) for one in value)}]"


def _operation(queries: Queries, one: Object) -> str:
    """Unlike in JMESPath's world, a parent that is not there is no fault of ours: the patch fails in both."""
    parts = [f"op: {quoted(str(one.get('op')))}", f"path: {queries.text(str(one.get('path') or '')).closed()}"]
    if "from" in one:
        parts.append(f"from: {quoted(str(one['from']))}")
    if "value" in one:
        parts.append(f"value: {_value(queries, one['value'])}")
    return f"JSONPatch{{{', '.join(parts)}}}"


def _value(queries: Queries, value: Any) -> str:
    return queries.text(value).closed() if has_variables(value) else literal(value)


def _merged(queries: Queries, patch: Object) -> str:
    return _object(queries, patch, "Object", Cel(queries.item))


def _object(queries: Queries, patch: Object, kind: str, item: Cel) -> str:
    """``Object.spec{...}`` for a map of the patch; the values of labels and their like are a map of CEL."""
    return f"{kind}{{{', '.join(_fields(queries, patch, kind, item))}}}"


def _fields(queries: Queries, patch: Object, kind: str, item: Cel) -> Iterator[str]:
    for key, value in patch.items():
        anchor, name = parse(key)
        if anchor not in (Anchor.NONE, Anchor.ADD_IF_ABSENT) or "{{" in key:
            unsayable(f"the key {key!r:.60} of patchStrategicMerge")
        if not _FIELD.fullmatch(name):
            unsayable(f"the field {name!r:.60}, which is no name in CEL")
        inner = select(item, name, True)
        if name in _MAPS and isinstance(value, dict):
            yield f"{name}: {_map(queries, value, inner, anchor)}"
        elif isinstance(value, dict):
            if anchor is not Anchor.NONE:
                unsayable(f"the anchor +() around the map {name}")
            yield f"{name}: {_object(queries, value, f'{kind}.{name}', inner)}"
        elif isinstance(value, list) or value is None:
            unsayable(f"a list, or a deletion, at {name}")
        elif anchor is Anchor.ADD_IF_ABSENT:
            yield f"?{name}: {there(inner)} ? optional.none() : optional.of({_value(queries, value)})"
        else:
            yield f"{name}: {_value(queries, value)}"


def _map(queries: Queries, value: Object, item: Cel, outer: Anchor) -> str:
    """A map of texts, of which only what is to be set is named."""
    entries = []
    for key, one in value.items():
        anchor, name = parse(key)
        if (
            anchor not in (Anchor.NONE, Anchor.ADD_IF_ABSENT)
            or "{{" in key
            or isinstance(one, dict | list)
            or one is None
        ):
            unsayable(f"the key {key!r:.60} of a map in patchStrategicMerge")
        given = _value(queries, one)
        if Anchor.ADD_IF_ABSENT in (anchor, outer):
            held = Cel(chosen(item.text, name, optional=True), optional=True)
            entries.append(f"?{quoted(name)}: {there(held)} ? optional.none() : optional.of({given})")
        else:
            entries.append(f"{quoted(name)}: {given}")
    return f"{{{', '.join(entries)}}}"
