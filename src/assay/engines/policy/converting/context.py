"""``context`` of a rule as variables of a policy in CEL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from assay.engines.policy.converting.cel_text import Cel, Kind, quoted
from assay.engines.policy.converting.losses import unsaid, unsayable
from assay.engines.policy.converting.queries import Queries
from assay.model.policy import Object

_KINDS = ("configMap", "apiCall", "imageRegistry", "variable", "globalReference")


def variables(queries: Queries, entries: list[Object]) -> tuple[Queries, list[Object]]:
    """What knows the entries, and ``variables`` of the policy; raises `Unsayable`."""
    found: list[Object] = []
    for entry in entries:
        name, value = str(entry.get("name", "")), _value(queries, entry)
        plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
        found.append({"name": plain, "expression": value.closed()})
        queries = queries.within({name: Cel(f"variables.{plain}", value.kind, nullable=value.optional)})
    return queries, found


def inlined(queries: Queries, entries: list[Object]) -> Queries:
    """What knows the entries of a foreach: their expressions stand where they are used."""
    for entry in entries:
        value = _value(queries, entry)
        text = value.text if value.optional else f"({value.text})" if " " in value.text else value.text
        queries = queries.within({str(entry.get("name", "")): Cel(text, value.kind, value.optional, plain=value.plain)})
    return queries


def _value(queries: Queries, entry: Object) -> Cel:
    kind = next((kind for kind in _KINDS if entry.get(kind) is not None), "")
    make = _MAKERS.get(kind)
    if make is None:
        unsayable(f"context: {kind or 'an entry without a source'}")
    return make(queries, entry[kind])


def _variable(queries: Queries, item: Object) -> Cel:
    value, path, default = item.get("value"), str(item.get("jmesPath") or ""), item.get("default")
    if not path:
        return queries.text(value)
    current = queries.text(value) if value is not None else None
    return _defaulted(queries, _query(queries, path, current, default is not None), default)


def _query(queries: Queries, path: str, current: Cel | None, lenient: bool) -> Cel:
    return queries.query(path, lenient=lenient, current=current)


def _defaulted(queries: Queries, found: Cel, default: Any) -> Cel:
    if default is None or not found.optional:
        return found
    other = queries.text(default)
    return Cel(f"{found.text}.orValue({other.closed()})", other.kind)


def _config_map(queries: Queries, item: Object) -> Cel:
    name, namespace = (
        queries.text(item.get(part) or default).closed() for part, default in (("name", ""), ("namespace", "default"))
    )
    return Cel(f"resource.Get('v1', 'configmaps', {namespace}, {name})", Kind.MAP)


def _api_call(queries: Queries, item: Object) -> Cel:
    if item.get("service") or str(item.get("method") or "GET") != "GET" or item.get("data"):
        unsayable("context: apiCall of a service, or one that posts")
    found = Cel(_looked_up(queries, str(item.get("urlPath") or "")), Kind.MAP)
    path = str(item.get("jmesPath") or "")
    chosen = _query(queries, path, found, True) if path else found
    return _defaulted(queries, chosen, item.get("default"))


def _looked_up(queries: Queries, path: str) -> str:
    """``/apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME`` as a call of the library."""
    parts = [part for part in path.strip("/").split("/") if part]
    if not parts or "?" in path or parts[0] not in ("api", "apis") or len(parts) < 3:
        unsayable(f"context: apiCall of {path!r:.80}")
    size = 2 if parts[0] == "api" else 3
    version, rest = "/".join(parts[1:size]), parts[size:]
    namespace = "''"
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = _segment(queries, rest[1]), rest[2:]
    if len(rest) == 1:
        return f"resource.List({quoted(version)}, {quoted(rest[0])}, {namespace})"
    if len(rest) == 2:
        return f"resource.Get({quoted(version)}, {quoted(rest[0])}, {namespace}, {_segment(queries, rest[1])})"
    raise unsaid(f"context: apiCall of {path!r:.80}")


def _segment(queries: Queries, text: str) -> str:
    return queries.text(text).closed("''")


def _global(queries: Queries, item: Object) -> Cel:
    found = Cel(f"globalContext.Get({quoted(str(item.get('name') or ''))}, '')")
    path = str(item.get("jmesPath") or "")
    return _query(queries, path, found, False) if path else found


_MAKERS: dict[str, Callable[[Queries, Object], Cel]] = {
    "variable": _variable,
    "configMap": _config_map,
    "apiCall": _api_call,
    "globalReference": _global,
}


def names(entries: list[Object]) -> Iterator[str]:
    """The names of entries."""
    yield from (str(entry.get("name", "")) for entry in entries)
