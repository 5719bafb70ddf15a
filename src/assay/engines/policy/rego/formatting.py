"""``sprintf`` as OPA has it, that is as Go's fmt: for the formats that regorus refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from assay.engines.policy.rego.reading import Node, Tree, only, path
from assay.formats.json_bytes import encode

_VERB = re.compile(r"%([-+# 0]*)([0-9]*)(?:\.([0-9]*))?([a-zA-Z%])")
_PLAIN = re.compile(r"(?:[^%]|%[vsd%])*", re.DOTALL)
MAX_WIDTH = 1000
_TYPES = {str: "string", bool: "bool", int: "int", float: "float64"}


def foreign_formats(tree: Tree) -> Iterator[tuple[int, int, str]]:
    """Edits that send the calls of ``sprintf`` here whose format regorus does not take."""
    for kind, node in tree.every():
        if kind == "Call" and path(node["fcn"]) == ["sprintf"] and len(node["params"]) > 1 and _is_foreign(node):
            span = only(node["fcn"])[1]["span"]
            yield span["start"], span["end"], "assay.sprintf"


def negatives(tree: Tree) -> Iterator[tuple[int, int, str]]:
    """Edits that make a subtraction of a minus before what is no number: regorus has that before numbers only."""
    for kind, node in tree.every():
        if kind == "UnaryExpr" and only(node["expr"])[0] != "Number":
            start, end = node["span"]["start"], only(node["expr"])[1]["span"]["end"]
            yield start, end, f"(0 - {tree.source[only(node['expr'])[1]['span']['start'] : end].decode()})"


def _is_foreign(call: Node) -> bool:
    (kind, template), (given, values) = only(call["params"][0]), only(call["params"][1])
    if kind not in ("String", "RawString"):
        return False
    text = str(template["value"])
    wanted = text.replace("%%", "").count("%")
    return _PLAIN.fullmatch(text) is None or (given == "Array" and len(values["items"]) != wanted)


def sprintf(template: str, values: Sequence[Any]) -> str:
    """`template` with `values`; what does not fit is said in the text, as Go does."""
    left = list(values)

    def one(match: re.Match[str]) -> str:
        flags, width, precision, verb = match.groups()
        if verb == "%":
            return "%"
        if not left:
            return f"%!{verb}(MISSING)"
        return _padded(_formatted(left.pop(0), flags, precision, verb), flags, width)

    text = _VERB.sub(one, template)
    extra = ", ".join(f"{_type(value)}={_shown(value)}" for value in left)
    return f"{text}%!(EXTRA {extra})" if left else text


def _padded(text: str, flags: str, width: str) -> str:
    size = min(int(width or 0), MAX_WIDTH)
    if "-" in flags:
        return text.ljust(size)
    return text.zfill(size) if "0" in flags else text.rjust(size)


def _formatted(value: Any, flags: str, precision: str | None, verb: str) -> str:
    plain = value if isinstance(value, (str, int, float)) and not isinstance(value, bool) else _shown(value)
    match verb:
        case "v":
            return _shown(value)
        case "s" if isinstance(plain, str):
            return plain[: int(precision)] if precision else plain
        case "q" if isinstance(plain, str):
            return encode(plain).decode()
        case "T":
            return _TYPES.get(type(plain), "string")
        case "x" | "X" if isinstance(plain, str):
            return plain.encode().hex() if verb == "x" else plain.encode().hex().upper()
        case "d" | "x" | "X" | "o" | "b" | "c" if isinstance(plain, int):
            return format(plain, ("+" if "+" in flags else "") + verb)
        case "f" | "F" | "e" | "E" | "g" | "G" if isinstance(plain, float):
            digits = min(int(precision), 100) if precision else 6
            return repr(plain) if verb in "gG" and precision is None else format(plain, f".{digits}{verb}")
    return f"%!{verb}({_type(plain)}={_shown(plain)})"


def _type(value: Any) -> str:
    return _TYPES.get(type(value), "string")


def _shown(value: Any) -> str:
    """A value as OPA writes it."""
    if isinstance(value, str):
        return value
    return _nested(value)


def _nested(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_nested(key)}: {_nested(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_nested, value)) + "]"
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(_nested, value))) + "}" if value else "set()"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return encode(value).decode()
