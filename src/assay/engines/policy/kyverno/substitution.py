"""Variables in texts, ``{{ query }}``, and references to other places of a document, ``$(./../key)``.

A text that is one variable gives its value as it is; variables inside variables come first; ``\\{{`` is no variable.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from assay.engines.policy.kyverno.anchors import bare_path
from assay.engines.policy.kyverno.scope import Scope
from assay.engines.policy.queries.arithmetic import number
from assay.engines.policy.queries.faults import BadQuery, NotFound
from assay.engines.policy.queries.search import compiled

MAX_TEXT = 4 << 20
MAX_DEPTH = 100
MAX_VARIABLES = 200
_BRACE = re.compile(r"[{}]")
_REFERENCE = re.compile(r"(\\?)\$\((.[^\ ]*?)\)")
_SIGN = re.compile(r"(>=|<=|>|<|!)?")
_HIDDEN = {"{": "\x00\x01", "}": "\x00\x02"}
"""Braces of values that are put into a text: they open and close no variable."""


class Template:
    """A part of a policy; what has no variables is given as it stands."""

    __slots__ = ("dynamic", "source")

    def __init__(self, document: Any) -> None:
        """Resolves references; raises `BadQuery` for one that leads nowhere, and for a query that is none."""
        self.source = _referenced(document, document, "", 0) if _has(document, "$(", 0) else document
        self.dynamic = _has(self.source, "{{", 0)
        if self.dynamic:
            _check(self.source)

    def fill(self, scope: Scope) -> Any:
        """With the values of all variables; raises `BadQuery`."""
        return fill(self.source, scope) if self.dynamic else self.source


def query(source: str) -> Template:
    """A template whose whole text is a query; raises `BadQuery` for what is none."""
    found = Template(source)
    if not found.dynamic and source.strip():
        compiled(source)
    return found


def _check(document: Any) -> None:
    """Raises `BadQuery` for a variable that is no query; one with variables inside is known only when they are."""
    if isinstance(document, dict):
        for key, value in document.items():
            _check(key)
            _check(value)
    elif isinstance(document, list):
        for item in document:
            _check(item)
    elif isinstance(document, str) and "{{" in document:
        for found in _variables(document):
            query = found.query(document)
            if found.outermost and not found.nests:
                compiled(f"a{query[1:]}" if query.startswith("@") else query)


def _hidden(text: str) -> str:
    for brace, hidden in _HIDDEN.items():
        text = text.replace(brace, hidden)
    return text


def _restored(text: str) -> str:
    for brace, hidden in _HIDDEN.items():
        text = text.replace(hidden, brace)
    return text


class _Variable(NamedTuple):
    """Where a variable stands in a text; whether it is in no other, and has others inside."""

    start: int
    end: int
    outermost: bool
    nests: bool

    def query(self, source: str) -> str:
        return _restored(source[self.start + 2 : self.end - 2]).strip()


def _variables(source: str) -> Iterator[_Variable]:
    """The variables of a text, inner ones first; single braces inside are the query's own."""
    opened: list[list[int]] = []  # of each: where it starts, single braces that are open, variables inside
    after = 0
    for brace in _BRACE.finditer(source):
        at = brace.start()
        if at < after:
            continue
        if source.startswith("{{", at):
            after = at + 2
            if opened:
                opened[-1][2] += 1
            elif at and source[at - 1] == "\\":
                continue
            opened.append([at, 0, 0])
        elif not opened:
            continue
        elif source[at] == "{":
            opened[-1][1] += 1
        elif opened[-1][1]:
            opened[-1][1] -= 1
        elif source.startswith("}}", at):
            after = at + 2
            start, _, inside = opened.pop()
            yield _Variable(start, after, not opened, inside > 0)


def parts(source: str) -> list[tuple[str, bool]]:
    """A text in its parts: what stands as it is, and the queries (True), which may have variables themselves."""
    found: list[tuple[str, bool]] = []
    at = 0
    for variable in sorted((one for one in _variables(source) if one.outermost), key=lambda one: one.start):
        found += [(source[at : variable.start], False), (variable.query(source), True)]
        at = variable.end
    return [part for part in [*found, (source[at:], False)] if part[0]]


def fill(document: Any, scope: Scope, path: tuple[str, ...] = ()) -> Any:
    """`document` with the values of its variables, also those in keys; raises `BadQuery`."""
    if len(path) > MAX_DEPTH:
        raise BadQuery(f"a document is nested over {MAX_DEPTH} deep")
    if isinstance(document, str):
        return text(document, scope, path)
    if isinstance(document, dict):
        return {_key(key, scope): fill(value, scope, (*path, key)) for key, value in document.items()}
    if isinstance(document, list):
        return [fill(item, scope, (*path, str(at))) for at, item in enumerate(document)]
    return document


def _key(key: str, scope: Scope) -> str:
    return shown(text(key, scope)) if "{{" in key else key


def text(source: str, scope: Scope, path: tuple[str, ...] = ()) -> Any:
    """One text with its variables; raises `BadQuery`."""
    if "{{" not in source:
        return source
    for _ in range(MAX_VARIABLES):
        found = next(_variables(source), None)
        if found is None:
            return _restored(source.replace("\\{{", "{{"))
        value = _value(found.query(source), scope, path)
        if found.start == 0 and found.end == len(source):
            return value
        source = source[: found.start] + _hidden(shown(value)) + source[found.end :]
        if len(source) > MAX_TEXT:
            raise BadQuery(f"a text of over {MAX_TEXT} characters")
    raise BadQuery(f"over {MAX_VARIABLES} variables in one text")


def _value(query: str, scope: Scope, path: tuple[str, ...]) -> Any:
    if query == "@" or query.startswith("@ "):
        query = _here(scope, path) + query[1:]
    if scope.operation == "DELETE":
        query = query.replace("request.object", "request.oldObject")
    try:
        return scope.query(query)
    except NotFound as error:
        raise NotFound(f"variable {query:.200}: {error.what}") from error
    except BadQuery as error:
        raise BadQuery(f"variable {query:.200}: {error.what}") from error


def _here(scope: Scope, path: tuple[str, ...]) -> str:
    """The query for the place in the object that `path` is in the pattern."""
    parts = [bare_path(part) for part in path]
    named = "".join(f"[{part}]" if part.isdigit() else f'."{part}"' for part in parts)
    return ("target" if scope.has("target") else "request.object") + named


def shown(value: Any) -> str:
    """A value inside a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "<nil>"
    if isinstance(value, float):
        return str(number(value))
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def _has(document: Any, mark: str, depth: int) -> bool:
    if depth > MAX_DEPTH:
        raise BadQuery(f"a document is nested over {MAX_DEPTH} deep")
    if isinstance(document, str):
        return mark in document
    if isinstance(document, dict):
        return any(mark in key or _has(value, mark, depth + 1) for key, value in document.items())
    return isinstance(document, list) and any(_has(item, mark, depth + 1) for item in document)


def _referenced(part: Any, whole: Any, path: str, depth: int) -> Any:
    if isinstance(part, str) and "$(" in part:
        return _REFERENCE.sub(lambda match: match[0][1:] if match[1] else _resolved(match[2], whole, path), part)
    if isinstance(part, dict):
        return {key: _referenced(value, whole, f"{path}/{key}", depth + 1) for key, value in part.items()}
    if isinstance(part, list):
        return [_referenced(item, whole, f"{path}/{at}", depth + 1) for at, item in enumerate(part)]
    return part


def _resolved(reference: str, whole: Any, path: str) -> str:
    sign = (_SIGN.match(reference) or [""])[0] or ""
    place = reference[len(sign) :].strip()
    place = posixpath.normpath(place if place.startswith("/") else posixpath.join(path, place))
    found = _lookup(whole, [part for part in place.split("/") if part])
    if not isinstance(found, str | int | float) or isinstance(found, bool):
        raise BadQuery(f"the reference $({reference:.100}) leads to no text")
    return f"{sign}{found}"


def _lookup(whole: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(whole, dict):
            whole = next((value for key, value in whole.items() if bare_path(key) == part), None)
        elif isinstance(whole, list) and part.isdigit() and int(part) < len(whole):
            whole = whole[int(part)]
        else:
            return None
    return whole
