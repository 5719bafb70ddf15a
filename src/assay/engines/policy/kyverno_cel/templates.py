"""``generate[].template`` of a GeneratingPolicy: YAML with expressions in ``(( ))``.

Example::

    generate:
    - template:
        interpolate: cel
        value: |
          apiVersion: v1
          kind: ConfigMap
          metadata: {name: zones, namespace: (( object.metadata.name ))}
          data: {greeting: "hello, (( object.metadata.name ))"}

A text that is one expression gives its value as it is; one with more around it a text. ``\\((`` is no expression.
Without ``interpolate`` nothing is an expression.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assay.engines.policy.cel.environment import Environment, Program
from assay.engines.policy.cel.faults import NoCel, Untold
from assay.engines.policy.cel.fields import only, text, wrong
from assay.engines.policy.cel.values import plain
from assay.errors import AssayError
from assay.formats.manifest import scalar
from assay.formats.yaml import documents
from assay.model.policy import Object

MAX_DEPTH = 100
Evaluate = Callable[[Program], Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A text with expressions in it."""

    parts: tuple[str | Program, ...]

    def fill(self, evaluate: Evaluate) -> Any:
        """Its value; raises `Untold` for a list or map in the middle of a text."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Program):
            return plain(evaluate(self.parts[0]))
        return "".join(part if isinstance(part, str) else _shown(plain(evaluate(part))) for part in self.parts)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise Untold("an expression in the middle of a text gives no text, number or truth")
    return str(value)


@dataclass(frozen=True, slots=True)
class Template:
    """The documents; what is a `Text` in them is filled in."""

    documents: tuple[Any, ...]

    def objects(self, evaluate: Evaluate) -> list[Object]:
        """The objects; raises `Untold` for a document that is none."""
        found = [_filled(document, evaluate) for document in self.documents]
        if not all(isinstance(item, dict) for item in found):
            raise Untold("a document of a template is no object")
        return found


def _filled(value: Any, evaluate: Evaluate) -> Any:
    if isinstance(value, Text):
        return value.fill(evaluate)
    if isinstance(value, dict):
        return {key: _filled(item, evaluate) for key, item in value.items()}
    return [_filled(item, evaluate) for item in value] if isinstance(value, list) else value


def load(item: Object, environment: Environment, place: str) -> Template:
    """Reads ``template``; raises `Malformed` with the field's place."""
    only(item, ("value", "interpolate"), place)
    interpolates = text(item, "interpolate", place, ("none", "cel"), "none") == "cel"
    where = f"{place}.value"
    try:
        values = [document.value for document in documents(text(item, "value", place), scalar)]
    except AssayError as error:
        wrong(where, error.what)
    found = tuple(value for value in values if value is not None)
    if interpolates:
        found = tuple(_compiled(value, environment, where, 0) for value in found)
    if not found or not all(isinstance(value, dict | Text) for value in found):
        wrong(where, "a template holds one object at least, and nothing else")
    return Template(found)


def _compiled(value: Any, environment: Environment, place: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        wrong(place, f"a template is nested over {MAX_DEPTH} deep")
    if isinstance(value, dict):
        if any("((" in str(key) for key in value):
            wrong(place, "expressions in keys are not allowed; give the whole map by one")
        return {key: _compiled(item, environment, place, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_compiled(item, environment, place, depth + 1) for item in value]
    return _text(value, environment, place) if isinstance(value, str) and "((" in value else value


def _text(source: str, environment: Environment, place: str) -> str | Text:
    parts: list[str | Program] = []
    rest = source
    while (at := rest.find("((")) >= 0:
        if at and rest[at - 1] == "\\":
            parts.append(rest[: at - 1] + "((")
            rest = rest[at + 2 :]
            continue
        end = _end(rest, at + 2)
        if end < 0:
            wrong(place, f"{source!r:.80}: an expression has no end")
        try:
            program = environment.compile(rest[at + 2 : end].strip())
        except NoCel as error:
            raise NoCel(f"{place}: {rest[at:end]!r:.80}: {error.what}", error.remedy) from error
        parts += [*([rest[:at]] if at else []), program]
        rest = rest[end + 2 :]
    parts += [rest] if rest else []
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else Text(tuple(parts))


def _end(source: str, at: int) -> int:
    """Where the two parentheses stand that close an expression; -1 where there are none."""
    depth, quote = 0, ""
    while at < len(source):
        each = source[at]
        if quote:
            at += 1 if each == "\\" else 0
            quote = "" if each == quote else quote
        elif each in "'\"":
            quote = each
        elif each == "(":
            depth += 1
        elif each == ")":
            if not depth:
                return at if source[at + 1 : at + 2] == ")" else -1
            depth -= 1
        at += 1
    return -1
