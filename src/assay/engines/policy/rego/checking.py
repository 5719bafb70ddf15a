"""What OPA's compiler refuses and regorus would find only when it comes by: unknown functions, data and variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

from assay.engines.policy.rego.faults import NoRego
from assay.engines.policy.rego.reading import Node, Parts, Tree, builtins, head, only, path, wrong

_KNOWN = frozenset(("input", "data", "_"))


def check(trees: Sequence[Tree], data: frozenset[str]) -> None:
    """Raises `NoRego` for the first module of `trees` that uses what is not there."""
    defined = {f"{tree.package}.{rule}" for tree in trees for rule in tree.rules}
    packages = {tree.package for tree in trees}
    for tree in trees:
        _imports(tree, defined, packages)
        for kind, node in tree.every():
            if kind == "Call":
                _call(tree, node, defined)
            elif kind in ("RefDot", "RefBrack"):
                _data(tree, node, data, packages)
        for parts in tree.parts:
            _variables(tree, [*parts[0], *parts[1]])
    _recursion(trees)


def _recursion(trees: Sequence[Tree]) -> None:
    """Raises `NoRego` for rules that need each other: Rego has no recursion."""
    needs: dict[str, set[str]] = {}
    for tree in trees:
        for node, parts in zip(tree.nodes, tree.parts, strict=True):
            needs.setdefault(f"{tree.package}.{head(node)}", set()).update(_uses(tree, parts))
    for name, used in needs.items():
        needs[name] = {rule for rule in needs if any(_meet(rule, reference) for reference in used)}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = " needs ".join(name.removeprefix("data.") for name in error.args[1])
        raise NoRego(f"{trees[0].name}: rules in a circle: {circle}") from error


def _meet(rule: str, reference: str) -> bool:
    """Whether a reference goes into the value of a rule, or to a package that it is in."""
    return f"{rule}.".startswith(f"{reference}.") or reference.startswith(f"{rule}.")


def _uses(tree: Tree, rule: Parts) -> Iterator[str]:
    """The rules and packages that a rule refers to."""
    own = {*_locals(tree, [*rule[0], *rule[1]])}
    for kind, node in rule[1]:
        if kind not in ("Var", "RefDot", "RefBrack"):
            continue
        parts = path({kind: node})
        if not parts or parts[0] in own:
            continue
        if parts[0] in tree.rules:
            yield f"{tree.package}.{parts[0]}"
        elif (full := _full(tree, parts)).startswith("data."):
            yield full


def _locals(tree: Tree, rule: Sequence[tuple[str, Node]]) -> Iterator[str]:
    """The names that a rule declares for itself."""
    for kind, node in rule:
        if kind == "AssignExpr" and node["op"] == "ColEq":
            yield from _names(node["lhs"])
        elif kind == "Func":
            yield from _names(node["args"])
        elif kind == "SomeIn":
            yield from _names([node.get("key"), node.get("value")])
        elif kind in ("SomeVars", "Every"):
            yield from _declared(tree, node)


def _imports(tree: Tree, defined: set[str], packages: set[str]) -> None:
    for alias, target in tree.imports.items():
        if not target.startswith("data.") or _leads_somewhere(target, defined, packages):
            continue
        used = next((node for kind, node in tree.every() if kind == "Var" and node["value"] == alias), None)
        if used is not None:
            raise wrong(tree, used, f"import {target}: there is no such library")


def _leads_somewhere(target: str, defined: Iterable[str], packages: Iterable[str]) -> bool:
    return (
        any(f"{name}.".startswith(f"{target}.") for name in (*defined, *packages))
        or target == "data.inventory"
        or (target.startswith("data.inventory."))
    )


def _call(tree: Tree, node: Node, defined: set[str]) -> None:
    parts = path(node["fcn"])
    if not parts:
        return
    name, arity = ".".join(parts), builtins().get(".".join(parts))
    if parts[0] in tree.rules or _full(tree, parts) in defined:
        return
    if arity is None:
        remedy = "this builtin is not evaluated here; an OPA server may have it"
        raise wrong(tree, node, f"there is no function {name}", remedy)
    given = len(node["params"])
    if arity >= 0 and given not in (arity, arity + 1):
        raise wrong(tree, node, f"{name} takes {arity} arguments, not {given}")


def _full(tree: Tree, parts: Sequence[str]) -> str:
    return ".".join([tree.imports.get(parts[0], parts[0]), *parts[1:]])


def _data(tree: Tree, node: Node, data: frozenset[str], packages: set[str]) -> None:
    parts = path({"RefDot": node} if "field" in node else {"RefBrack": node})
    if len(parts) < 2 or parts[0] != "data" or parts[1] in data:
        return
    name = ".".join(parts)
    if not any(f"{package}.".startswith(f"{name}.") or f"{name}.".startswith(f"{package}.") for package in packages):
        raise wrong(tree, node, f"there is no {name}", "policies may read " + ", ".join(sorted(data) or ["no data"]))


def check_negations(tree: Tree) -> None:
    """Raises `NoRego` for a wildcard under ``not``, which would have to mean two things; before anything is moved."""
    for kind, node in tree.every():
        if kind == "NotExpr" and any(part["value"] == "_" for part in _outside_comprehensions(node["expr"])):
            raise wrong(tree, node, "variable _ is unsafe: under not it has no value", "use a helper rule")


def _outside_comprehensions(value: Any) -> Iterator[Node]:
    """The variables in an expression, but for those of comprehensions in it."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += item
        elif isinstance(item, dict):
            if "Var" in item:
                yield item["Var"]
            pending += [part for key, part in item.items() if key != "span" and not key.endswith("Compr")]


def _variables(tree: Tree, rule: Sequence[tuple[str, Node]]) -> None:
    """Refuses a variable that nothing in its rule can give a value."""
    known = _KNOWN | tree.rules | set(tree.imports) | set(_bound(tree, rule))
    for kind, node in rule:
        if kind == "Var" and node["value"] not in known and node["value"] not in _roots():
            raise wrong(tree, node, f"variable {node['value']} is unsafe: nothing gives it a value")


@cache
def _roots() -> frozenset[str]:
    """The first words of all builtins, which stand as variables where they are called."""
    return frozenset(name.partition(".")[0] for name in builtins())


def _bound(tree: Tree, rule: Sequence[tuple[str, Node]]) -> Iterator[str]:
    for kind, node in rule:
        match kind:
            case "AssignExpr":
                yield from _names([node["lhs"]] if node["op"] == "ColEq" else [node["lhs"], node["rhs"]])
            case "RefBrack":
                yield from _names(node["index"])
            case "Func":
                yield from _names(node["args"])
            case "SomeIn":
                yield from _names([node.get("key"), node.get("value")])
            case "SomeVars" | "Every":
                yield from _declared(tree, node)
            case "Call":
                yield from _output(node)


def _declared(tree: Tree, node: Node) -> Iterator[str]:
    """The names after ``some`` or ``every``."""
    spans = node["vars"] if "vars" in node else [node.get("key"), node.get("value")]
    yield from (tree.text(span) for span in spans if span)


def _output(node: Node) -> Iterator[str]:
    """The last argument of a call that has one more than it needs: ``walk(x, [path, value])``."""
    arity = builtins().get(".".join(path(node["fcn"])))
    if arity is None or len(node["params"]) > arity:
        yield from _names(node["params"][-1:])


def _names(value: Any) -> Iterator[str]:
    """Variables that a pattern binds."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += item
        elif isinstance(item, dict) and item:
            kind, node = only(item)
            if kind == "Var":
                yield node["value"]
            elif kind in ("Array", "Set"):
                pending += node["items"]
            elif kind == "Object":
                pending += [part for pair in node["fields"] for part in pair[1:]]
