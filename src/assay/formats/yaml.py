"""YAML read with bounds: the safe loader (the C one where PyYAML has it), and no alias bombs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.errors import LimitExceeded, Malformed
from assay.formats.json import Json, Object

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 64 << 20
MAX_DEPTH = 100
MAX_EXPANDED = 5_000_000


def load(data: bytes | str) -> Json:
    """The first document of `data`; scalars keep YAML 1.1's types but dates and other objects come as strings.

    Raises `Malformed` for what is no YAML, `LimitExceeded` for documents too large, too deep, or that grow beyond
    `MAX_EXPANDED` nodes when their aliases are followed.
    """
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"YAML of {len(data)} bytes (at most {MAX_BYTES})")
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(data, Loader=loader)
        _measure(node, {}, 0)
        return _value(node)
    except yaml.YAMLError as error:
        raise Malformed("not YAML: " + " ".join(str(error).split())) from error
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not YAML: {error}") from error


def load_object(data: bytes | str) -> Object:
    """As `load`, for documents whose top level must be a mapping."""
    value = load(data)
    if not isinstance(value, dict):
        raise Malformed(f"not a YAML mapping but {type(value).__name__}")
    return value


def _measure(node: yaml.Node | None, seen: dict[int, int], depth: int) -> int:
    """How many nodes `node` stands for once aliases are followed; refuses bombs and cycles."""
    import yaml

    if depth > MAX_DEPTH:
        raise LimitExceeded(f"YAML nested deeper than {MAX_DEPTH}")
    if node is None or isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in seen:
        if seen[id(node)] < 0:
            raise Malformed("YAML alias refers to itself")
        return seen[id(node)]
    seen[id(node)] = -1
    children = node.value if isinstance(node, yaml.SequenceNode) else [part for pair in node.value for part in pair]
    count = 1 + sum(_measure(child, seen, depth + 1) for child in children)
    if count > MAX_EXPANDED:
        raise LimitExceeded(f"YAML expands to more than {MAX_EXPANDED} nodes")
    seen[id(node)] = count
    return count


_WORDS: dict[str, Json] = {"null": None, "Null": None, "NULL": None, "~": None, "": None}
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})


def _value(node: yaml.Node | None) -> Json:
    import yaml

    if node is None:
        return None
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child) for child in node.value]
    return {_key(key): _value(value) for key, value in node.value}


def _key(node: yaml.Node) -> str:
    return node.value if isinstance(node.value, str) else ""


def _scalar(node: yaml.ScalarNode) -> Json:
    """Core-schema types (YAML 1.2, 10.3.2) for plain scalars; everything quoted, and numbers with a dot, is text.

    Versions are what lock files hold, and ``1.10`` must not become ``1.1``.
    """
    text: str = node.value
    if node.style in ("'", '"', "|", ">") or node.tag == "tag:yaml.org,2002:str":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if text.isascii() and text.isdigit() and len(text) < 19 and (text == "0" or text[0] != "0"):
        return int(text)
    return text
