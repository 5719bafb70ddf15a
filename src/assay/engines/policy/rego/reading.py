"""The tree that regorus gives of a module, read: what it defines, what it uses, and where.

A node is ``{"Kind": {"span": {"line", "start", "end"}, ...}}``; positions are bytes of the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from assay.engines.policy.rego.faults import NoRego
from assay.formats.json import load

Node = dict[str, Any]

Parts = tuple[list[tuple[str, Node]], list[tuple[str, Node]]]
_SCALARS = (str, int, float, bool, type(None))


@cache
def builtins() -> Mapping[str, int]:
    """The functions that there are, with how many arguments each takes."""
    found: Any = load(Path(__file__).with_name("builtins.json").read_bytes())
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Tree:
    """One module: its package (``data.a.b``), its imports by the name they go by, the rules it defines."""

    name: str
    package: str
    imports: Mapping[str, str]
    rules: frozenset[str]
    nodes: list[Node] = field(repr=False)
    parts: list[Parts] = field(repr=False)
    """Of every rule, the nodes of its head, and those of its bodies."""
    source: bytes = field(repr=False)

    def every(self) -> Iterator[tuple[str, Node]]:
        """All nodes of all rules."""
        return chain.from_iterable(chain(head, bodies) for head, bodies in self.parts)

    @classmethod
    def of(cls, name: str, ast: Node) -> Tree:
        """From one element of `Engine.get_ast_as_json`."""
        tree = ast["ast"]
        package = ".".join(["data", *path(tree["package"]["refr"])])
        rules = frozenset(named for node in tree["rules"] if (named := head(node)))
        parts = [_parts(rule) for rule in tree["rules"]]
        source = ast["source"]["contents"].encode()
        return cls(name, package, dict(_imports(ast)), rules, tree["rules"], parts, source)

    def text(self, span: Node) -> str:
        """The source between two places."""
        return self.source[span["start"] : span["end"]].decode()


def _parts(rule: Node) -> Parts:
    inner = rule.get("Spec")
    return ([*walk(inner["head"])], [*walk(inner["bodies"])]) if inner else ([*walk(rule)], [])


def _imports(ast: Node) -> Iterator[tuple[str, str]]:
    source = ast["source"]["contents"].encode()
    for item in ast["ast"]["imports"]:
        parts = path(item["refr"])
        named = item.get("as")
        yield (source[named["start"] : named["end"]].decode() if named else parts[-1]), ".".join(parts)


def head(node: Node) -> str:
    """The name that a rule defines."""
    kind, rule = only(node)
    parts = path((only(rule["head"])[1] if kind == "Spec" else rule)["refr"])
    return parts[0] if parts else ""


def only(node: Node) -> tuple[str, Node]:
    """The kind of a node, and the node itself."""
    return next(iter(node.items()))


def path(node: Node) -> list[str]:
    """``a.b["c"]`` as ``["a", "b", "c"]``, up to the first part that is no constant."""
    kind, inner = only(node)
    if kind == "Var":
        return [inner["value"]]
    if kind == "RefDot":
        before = path(inner["refr"])
        return [*before, inner["field"][-1]] if before else []
    if kind == "RefBrack":
        before, (index, value) = path(inner["refr"]), only(inner["index"])
        return [*before, value["value"]] if before and index == "String" else before
    return []


def walk(value: Any) -> Iterator[tuple[str, Node]]:
    """Every node in `value`, with its kind, outer ones first."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += [part for part in reversed(item) if not isinstance(part, _SCALARS)]
        elif isinstance(item, dict):
            for key, inner in item.items():
                if key[0].isupper() and isinstance(inner, dict):
                    yield key, inner
            pending += [
                part for key, part in reversed(item.items()) if key != "span" and not isinstance(part, _SCALARS)
            ]


def wrong(tree: Tree, node: Node, what: str, remedy: str = "") -> NoRego:
    """The refusal of what stands at `node`."""
    line = node["span"]["line"]
    return NoRego(f"{tree.name}, line {line}: {what}", remedy, line)
