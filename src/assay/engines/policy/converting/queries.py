"""JMESPath as CEL: what variables ask of a request, in the words of the other language.

Where JMESPath goes on without a field (in projections, operators and functions) the CEL does too (``.?field``); where
a missing field is an error, it is one in CEL as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from assay.engines.policy.converting.cel_text import Cel, Kind, chosen, every, literal, negated, some, wrapped
from assay.engines.policy.converting.losses import Effect, Notes, unsaid, unsayable
from assay.engines.policy.kyverno.substitution import parts
from assay.engines.policy.queries.faults import BadQuery

Node = Mapping[str, Any]
_TEXTS = frozenset(("image", "name", "namespace", "kind", "operation", "username", "apiVersion", "generateName"))
_NAMED = frozenset(("name", "namespace", "kind", "operation", "username", "apiVersion"))
_MAPS = ("labels", "annotations", "nodeSelector", "matchLabels")
"""Fields whose values are texts."""
_PLAIN_ROOTS = ("object", "oldObject", "(object != null ? object : oldObject)")
_SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_REQUEST = ("operation", "userInfo", "namespace", "name", "kind", "resource", "uid", "dryRun", "subResource", "options")
_JOINED = ("projection", "filter_projection", "value_projection")
_MARK = "\x01"
EMPTY: tuple[Any, ...] = (None, False, "", [], {})


@dataclass(slots=True)
class Queries:
    """A translation; `names` are the variables that are known, with the expressions that they stand for."""

    notes: Notes
    item: str = "object"
    names: Mapping[str, Cel] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    """Variables of the policy that were asked for."""
    base: Cel | None = None
    """What the fields of an attestation's predicate are looked up in."""
    marks: list[Cel] = field(default_factory=list)
    """What variables inside of queries stand for."""
    _counts: dict[str, int] = field(default_factory=dict)

    def within(self, names: Mapping[str, Cel]) -> Queries:
        """One that knows more variables."""
        return replace(self, names={**self.names, **names})

    def fresh(self, prefix: str = "x") -> str:
        """A name that no other expression of this policy uses."""
        count = self._counts.get(prefix, 0) + 1
        self._counts[prefix] = count
        return f"{prefix}{count if count > 1 else ''}"

    def query(self, text: str, *, lenient: bool = False, current: Cel | None = None) -> Cel:
        """A query; raises `Unsayable` for what CEL has no word for."""
        import jmespath.exceptions
        import jmespath.parser

        if "{{" in text:
            text = self._marked(text)
        try:
            tree = jmespath.parser.Parser().parse(text).parsed
        except (jmespath.exceptions.JMESPathError, RecursionError) as error:
            raise BadQuery(f"{text!r:.100} is no query") from error
        return self._node(tree, current, lenient)

    def _marked(self, text: str) -> str:
        """Variables in the literals of a query, as marks that `_literal` knows."""
        found = ""
        for part, is_query in parts(text):
            if is_query:
                self.marks.append(self.query(part))
                part = f"{_MARK}{len(self.marks) - 1}{_MARK}"
            found += part
        return found

    def text(self, source: Any) -> Cel:
        """A value of the policy with its variables."""
        if isinstance(source, list) and any(_has_variables(item) for item in source):
            return Cel(f"[{', '.join(self.text(item).closed() for item in source)}]", Kind.LIST)
        if not isinstance(source, str):
            if _has_variables(source):
                unsayable("variables in objects")
            return Cel(literal(source), kind_of(source))
        found = parts(source)
        if len(found) == 1 and found[0][1]:
            return self.query(found[0][0])
        if not any(is_query for _, is_query in found):
            return Cel(literal(source.replace("\\{{", "{{")), Kind.TEXT)
        return Cel(" + ".join(self._part(*part) for part in found), Kind.TEXT)

    def _part(self, text: str, is_query: bool) -> str:
        if not is_query:
            return literal(text)
        found = self.query(text)
        if found.kind in (Kind.LIST, Kind.MAP):
            return f"json.marshal({found.closed()})"
        return wrapped(found.closed()) if found.kind is Kind.TEXT else f"string({found.closed()})"

    def _node(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        make = _NODES.get(node["type"])
        if make is None:
            unsayable(f"a query with {node['type'].replace('_', ' ')}")
        return make(self, node, current, lenient)

    def child(self, node: Node, at: int, current: Cel | None, lenient: bool = True) -> Cel:
        """One of the parts of a node."""
        return self._node(node["children"][at], current, lenient)

    def _field(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        name = str(node["value"])
        return self._root(name, lenient) if current is None else select(current, name, lenient)

    def _root(self, name: str, lenient: bool) -> Cel:
        if name in self.names:
            found = self.names[name]
            if found.text.startswith("variables."):
                self.used.add(name)
            return found
        if name == "request":
            return Cel("request", Kind.MAP)
        if name in ("serviceAccountName", "serviceAccountNamespace"):
            return Cel(_account(3 if name.endswith("Name") else 2), Kind.TEXT, plain=True)
        if self.base is not None:
            return select(self.base, name, lenient)
        raise unsaid(f"the variable {name!r:.60}")

    def _sub(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        children = node["children"]
        first = self._node(children[0], current, lenient)
        rest = children[1:]
        if first.text == "request" and rest and rest[0]["type"] == "field":
            first, rest = self._of_request(str(rest[0]["value"])), rest[1:]
        for child in rest:
            first = self._node(child, first, lenient)
        return first

    def _of_request(self, name: str) -> Cel:
        if name == "object":
            return Cel(self.item, Kind.MAP)
        if name == "oldObject":
            return Cel("oldObject", Kind.MAP)
        if name not in _REQUEST:
            unsayable(f"the variable request.{name}")
        kind = Kind.TEXT if name in ("operation", "namespace", "name", "uid", "subResource") else Kind.MAP
        return Cel(f"request.{name}", kind, plain=kind is Kind.TEXT)

    def _indexed(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        base, index = self._node(node["children"][0], current, lenient), node["children"][1]
        if index["type"] != "index":
            unsayable("a slice of a list")
        at = int(index["value"])
        if at < 0:
            text = base.closed("[]")
            return Cel(f"{text}[size({text}) - {-at}]")
        if lenient or base.optional:
            return Cel(f"{base.text}[?{at}]", optional=True)
        return Cel(f"{base.text}[{at}]")

    def _projection(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        return self._mapped(self.child(node, 0, current).closed("[]"), node["children"][1])

    def _mapped(self, base: str, right: Node) -> Cel:
        if right["type"] == "identity":
            return Cel(base, Kind.LIST)
        name = self.fresh()
        found = self._node(right, Cel(name), lenient=True)
        if found.optional:
            kept = f"{base}.filter({name}, {found.text}.hasValue())"
            return Cel(f"{kept}.map({name}, {found.text}.value())", Kind.LIST, plain=found.plain)
        return Cel(f"{base}.map({name}, {found.text})", Kind.LIST, plain=found.plain)

    def _filtered(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        base, name = self.child(node, 0, current).closed("[]"), self.fresh()
        condition = truth(self.child(node, 2, Cel(name)))
        return self._mapped(f"{base}.filter({name}, {condition})", node["children"][1])

    def _values(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        base, name = self.child(node, 0, current).closed("{}"), self.fresh("k")
        return self._mapped(f"{base}.map({name}, {base}[{name}])", node["children"][1])

    def _flat(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        inner = node["children"][0]
        base = self._node(inner, current, True)
        if base.joined:
            return Cel(base.joined, Kind.LIST)
        if inner["type"] in _JOINED:
            return Cel(f"{base.text}.flatten()", Kind.LIST)
        return Cel(base.closed("[]"), Kind.LIST)

    def _compared(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        left, right = (self.child(node, at, current).closed() for at in (0, 1))
        return Cel(f"{wrapped(left)} {_SIGNS[node['value']]} {wrapped(right)}", Kind.BOOL)

    def _or(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        left, right = self.child(node, 0, current), self.child(node, 1, current, lenient)
        if left.kind is Kind.BOOL and not left.optional:
            return Cel(some((left.text, truth(right))), Kind.BOOL)
        literals = node["children"][1]
        is_empty = literals["type"] == "literal" and literals["value"] in EMPTY
        if is_empty and left.kind in (Kind.LIST, Kind.MAP) and not left.optional:
            return left
        if left.text == "request.operation":
            return left  # an admission has one
        if not left.optional:
            return Cel(f"({truth(left)} ? dyn({left.text}) : dyn({right.closed()}))", right.kind)
        if not is_empty:
            self.notes.lose("variables", "an empty value is not replaced by the default of `||`, as null is",
                            Effect.SAME)  # fmt: skip
        return Cel(f"{left.text}.orValue({right.closed()})", right.kind, plain=left.plain)

    def _and(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        return Cel(every(truth(self.child(node, at, current)) for at in (0, 1)), Kind.BOOL)

    def _not(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        return Cel(negated(truth(self.child(node, 0, current))), Kind.BOOL)

    def _pipe(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        left = self.child(node, 0, current, lenient)
        return self._node(node["children"][1], left, lenient)

    def _literal(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        value = node["value"]
        if isinstance(value, str) and _MARK in value:
            pieces = value.split(_MARK)
            texts = [
                literal(one) if at % 2 == 0 else f"string({self.marks[int(one)].closed()})"
                for at, one in enumerate(pieces)
            ]
            return Cel(" + ".join(text for text in texts if text != "''"), Kind.TEXT)
        return Cel(literal(node["value"]), kind_of(node["value"]))

    def _current(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        return current if current is not None else Cel(self.item, Kind.MAP)

    def _list(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        found = [self._node(item, current, True) for item in node["children"]]
        joined = f"[{', '.join(item.closed('[]') for item in found)}].flatten()"
        return Cel(f"[{', '.join(item.closed() for item in found)}]", Kind.LIST, joined=joined)

    def _function(self, node: Node, current: Cel | None, lenient: bool) -> Cel:
        from assay.engines.policy.converting.query_functions import call

        return call(node["value"], [self._node(item, current, True) for item in node["children"]])


_NODES: dict[str, Callable[[Queries, Node, Cel | None, bool], Cel]] = {
    "field": Queries._field,
    "subexpression": Queries._sub,
    "index_expression": Queries._indexed,
    "projection": Queries._projection,
    "filter_projection": Queries._filtered,
    "value_projection": Queries._values,
    "flatten": Queries._flat,
    "comparator": Queries._compared,
    "or_expression": Queries._or,
    "and_expression": Queries._and,
    "not_expression": Queries._not,
    "pipe": Queries._pipe,
    "literal": Queries._literal,
    "current": Queries._current,
    "identity": Queries._current,
    "multi_select_list": Queries._list,
    "function_expression": Queries._function,
}


def select(current: Cel, name: str, lenient: bool) -> Cel:
    """A field; with `lenient` one that may not be there."""
    plain = name in _NAMED
    kind = Kind.TEXT if name in _TEXTS or current.text.endswith(_MAPS) else Kind.ANY
    sure = current.text in _PLAIN_ROOTS and name in ("spec", "metadata")
    if (lenient and not sure and not current.text.startswith("request")) or current.optional:
        return Cel(chosen(current.text, name, optional=True), kind, optional=True, plain=plain)
    return Cel(chosen(current.text, name), kind, plain=plain)


def truth(found: Cel) -> str:
    """Whether JMESPath takes a value for true."""
    if found.kind is Kind.BOOL:
        return found.closed("false")
    if found.kind in (Kind.LIST, Kind.MAP):
        return f"size({found.closed('[]' if found.kind is Kind.LIST else '{}')}) > 0"
    if found.kind is Kind.TEXT:
        return f"{wrapped(found.closed(chr(39) * 2))} != ''"
    return f"!({found.closed()} in [null, false, '', [], {{}}])"


def kind_of(value: Any) -> Kind:
    """Of a value of JSON."""
    if isinstance(value, bool):
        return Kind.BOOL
    kinds = ((str, Kind.TEXT), (int | float, Kind.NUMBER), (list, Kind.LIST), (dict, Kind.MAP))
    return next((kind for of, kind in kinds if isinstance(value, of)), Kind.ANY)


def _account(at: int) -> str:
    user = "request.userInfo.username"
    return f"({user}.startsWith('system:serviceaccount:') ? {user}.split(':')[{at}] : '')"


def _has_variables(value: Any) -> bool:
    if isinstance(value, str):
        return "{{" in value
    if isinstance(value, dict):
        return any("{{" in key or _has_variables(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_variables, value))


has_variables = _has_variables
