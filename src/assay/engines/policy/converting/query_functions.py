"""Functions of JMESPath, and Kyverno's, in CEL."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from assay.engines.policy.converting.cel_text import Cel, Kind, literal, pattern, wrapped
from assay.engines.policy.converting.losses import unsayable
from assay.errors import AssayError


def call(name: str, given: Sequence[Cel]) -> Cel:
    """A call; raises `Unsayable` for a function that CEL does not have."""
    known = _FUNCTIONS.get(name)
    if known is None:
        unsayable(f"the function {name}")
    count, make = known
    if count is not None and len(given) != count:
        unsayable(f"{name} with {len(given)} arguments")
    return make(*given)


def _length(of: Cel) -> Cel:
    return Cel(f"size({of.closed('[]')})", Kind.NUMBER)


def _text(of: Cel) -> str:
    return wrapped(of.closed("''")) if of.kind is Kind.TEXT else f"string({of.closed(chr(39) * 2)})"


def _contains(of: Cel, wanted: Cel) -> Cel:
    item = wanted.closed()
    if of.kind is Kind.TEXT:
        return Cel(f"{_text(of)}.contains({item})", Kind.BOOL)
    if of.kind is Kind.LIST:
        return Cel(f"{wrapped(item)} in {of.closed('[]')}", Kind.BOOL)
    held = of.closed("[]")
    return Cel(f"(type({held}) == string ? string({held}).contains({item}) : {wrapped(item)} in {held})", Kind.BOOL)


def _method(name: str, kind: Kind = Kind.TEXT) -> Callable[..., Cel]:
    def make(of: Cel, *more: Cel) -> Cel:
        return Cel(f"{_text(of)}.{name}({', '.join(_text(item) for item in more)})", kind, plain=of.plain)

    return make


def _string(of: Cel) -> Cel:
    if of.kind in (Kind.LIST, Kind.MAP):
        return Cel(f"json.marshal({of.closed()})", Kind.TEXT)
    return Cel(_text(of), Kind.TEXT, plain=of.plain)


def _keys(of: Cel) -> Cel:
    return Cel(f"{of.closed('{}')}.map(k, k)", Kind.LIST)


def _values(of: Cel) -> Cel:
    held = of.closed("{}")
    return Cel(f"{held}.map(k, {held}[k])", Kind.LIST)


def _not_null(*given: Cel) -> Cel:
    if not given:
        unsayable("not_null without arguments")
    text = given[-1].closed()
    for item in reversed(given[:-1]):
        text = f"{item.text}.orValue({text})" if item.optional else item.text
    return Cel(text, given[-1].kind)


def _join(separator: Cel, of: Cel) -> Cel:
    return Cel(f"{of.closed('[]')}.join({separator.closed()})", Kind.TEXT)


def _regex(expression: Cel, of: Cel) -> Cel:
    return Cel(f"{_text(of)}.matches({expression.closed()})", Kind.BOOL)


def _wildcards(expression: Cel, of: Cel) -> Cel:
    if not expression.text.startswith("'"):
        unsayable("pattern_match with a pattern that is computed")
    try:
        glob = json.loads('"' + expression.text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"')
    except (ValueError, AssayError):
        unsayable("pattern_match with such a pattern")
    return Cel(f"{_text(of)}.matches({literal(pattern(glob))})", Kind.BOOL)


def _folded(one: Cel, other: Cel) -> Cel:
    return Cel(f"{_text(one)}.lowerAscii() == {_text(other)}.lowerAscii()", Kind.BOOL)


def _lookup(of: Cel, key: Cel) -> Cel:
    return Cel(f"{of.text}[?{key.closed()}]", optional=True)


def _decoded(of: Cel) -> Cel:
    return Cel(f"string(base64.decode({_text(of)}))", Kind.TEXT)


def _encoded(of: Cel) -> Cel:
    return Cel(f"base64.encode(bytes({_text(of)}))", Kind.TEXT)


def _number(of: Cel) -> Cel:
    return Cel(f"double({of.closed('0')})", Kind.NUMBER)


def _boolean(of: Cel) -> Cel:
    return Cel(f"{_text(of)}.lowerAscii() == 'true'", Kind.BOOL)


def _listed(name: str, kind: Kind) -> Callable[..., Cel]:
    return lambda of: Cel(f"{of.closed('[]')}.{name}()", kind)


def _parsed(function: str) -> Callable[..., Cel]:
    return lambda of: Cel(f"{function}({_text(of)})")


_FUNCTIONS: dict[str, tuple[int | None, Callable[..., Cel]]] = {
    "length": (1, _length),
    "contains": (2, _contains),
    "starts_with": (2, _method("startsWith", Kind.BOOL)),
    "ends_with": (2, _method("endsWith", Kind.BOOL)),
    "to_upper": (1, _method("upperAscii")),
    "to_lower": (1, _method("lowerAscii")),
    "split": (2, _method("split", Kind.LIST)),
    "replace_all": (3, _method("replace")),
    "to_string": (1, _string),
    "keys": (1, _keys),
    "values": (1, _values),
    "not_null": (None, _not_null),
    "join": (2, _join),
    "regex_match": (2, _regex),
    "pattern_match": (2, _wildcards),
    "equal_fold": (2, _folded),
    "lookup": (2, _lookup),
    "base64_decode": (1, _decoded),
    "base64_encode": (1, _encoded),
    "to_number": (1, _number),
    "to_boolean": (1, _boolean),
    "sort": (1, _listed("sort", Kind.LIST)),
    "sum": (1, _listed("sum", Kind.NUMBER)),
    "max": (1, _listed("max", Kind.NUMBER)),
    "min": (1, _listed("min", Kind.NUMBER)),
    "parse_yaml": (1, _parsed("yaml.parse")),
    "parse_json": (1, _parsed("json.unmarshal")),
}
