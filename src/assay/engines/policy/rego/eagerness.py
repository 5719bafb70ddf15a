"""``not f(x.y)`` as OPA means it: what a call is given is computed before the ``not``.

OPA's compiler binds references, calls and computations among the arguments of a call to variables of their own, in
front of the expression. Where one is undefined, so is the whole body, whatever stands under ``not``; regorus takes the
call for undefined and the ``not`` for true. So the same is done here, in the text.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.engines.policy.rego.reading import Node, Tree, only

_COMPUTED = frozenset(("Call", "ArithExpr", "BoolExpr", "BinExpr", "Membership", "UnaryExpr"))
_REFERENCES = frozenset(("RefDot", "RefBrack"))
_EQUAL = frozenset(("Eq", "ColEq"))
PASSES = 32
"""How often a text is rewritten: once for each ``not`` within another, once for each minus before a reference."""


def eager(tree: Tree, text: str) -> str:
    """`text` with the arguments under ``not`` computed in front of it; the same text where there is nothing to do."""
    data = text.encode()
    edits, end = list[tuple[int, int, bytes]](), 0
    for number, statement in enumerate(_statements(tree)):
        span = statement["span"]
        if span["start"] < end:
            continue  # inside of one that was moved: the next pass finds it
        changed = [*_edits(statement, data, tree.rules | set(tree.imports), number)]
        if changed:
            edits, end = edits + changed, span["end"]
    return _edited(data, edits).decode()


def _statements(tree: Tree) -> list[Node]:
    """The statements that begin with ``not``, by where they stand."""
    found: list[Node] = []
    pending: list[object] = list(tree.nodes)
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += item
        elif isinstance(item, dict):
            if isinstance(literal := item.get("literal"), dict) and "NotExpr" in literal:
                found.append(item)
            pending += item.values()
    return sorted(found, key=lambda item: item["span"]["start"])


def _edits(
    statement: Node, data: bytes, names: frozenset[str] | set[str], number: int
) -> Iterator[tuple[int, int, bytes]]:
    modifiers = b"".join(b" " + _text(item, data) for item in statement.get("with_mods") or ())
    before = b""
    for place, node in enumerate(_arguments(statement["literal"]["NotExpr"]["expr"], names)):
        name = f"__given_{number}_{place}".encode()
        before += name + b" := " + _text(node, data) + modifiers + b"; "
        yield node["span"]["start"], node["span"]["end"], name
    if before:
        start = statement["span"]["start"]
        yield start, start, before


def _text(node: Node, data: bytes) -> bytes:
    return data[node["span"]["start"] : node["span"]["end"]]


def _arguments(expression: Node, names: frozenset[str] | set[str]) -> Iterator[Node]:
    """The parts of what stands under ``not`` that are computed before it."""
    kind, node = only(expression)
    if kind in _REFERENCES:
        yield from _indices(expression, names)
    elif kind == "Call":
        for item in node["params"]:
            yield from _moved(item, names)
    elif kind in ("BoolExpr", "AssignExpr") and node["op"] in _EQUAL:
        for side in (node["lhs"], node["rhs"]):
            yield from _indices(side, names) if only(side)[0] in _REFERENCES else _computed(side, names)
    elif kind in _COMPUTED:
        for key in ("lhs", "rhs", "value", "collection"):
            if isinstance(node.get(key), dict):
                yield from _moved(node[key], names)


def _computed(side: Node, names: frozenset[str] | set[str]) -> Iterator[Node]:
    """What is moved of a side of a comparison; a rule's name alone is not."""
    if only(side)[0] != "Var":
        yield from _moved(side, names)


def _indices(reference: Node, names: frozenset[str] | set[str]) -> Iterator[Node]:
    """What is moved out of the brackets of a reference that stays where it is."""
    kind, node = only(reference)
    while kind in _REFERENCES:
        if kind == "RefBrack":
            yield from _moved(node["index"], names)
        kind, node = only(node["refr"])


def _moved(item: Node, names: frozenset[str] | set[str]) -> Iterator[Node]:
    """The parts of an argument that are moved."""
    kind, node = only(item)
    if kind in _COMPUTED or kind in _REFERENCES or (kind == "Var" and node["value"] in names):
        yield node
    elif kind in ("Array", "Set"):
        for part in node["items"]:
            yield from _moved(part, names)
    elif kind == "Object":
        for pair in node["fields"]:
            for part in pair[1:]:
                yield from _moved(part, names)


def _edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    parts, at = list[bytes](), 0
    for start, end, new in sorted(edits):
        parts += (data[at:start], new)
        at = end
    return b"".join(parts) + data[at:]
