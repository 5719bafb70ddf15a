"""``checks``: assertion trees over what rules said, beside ``results``.

Example::

    checks:
    - match: {resource: {kind: Namespace}, policy: {metadata: {name: sync}}, rule: {name: copy}}
      assert: {status: pass}
      error: {"(status != 'pass')": true}

A tree is held against a document: maps by their fields, lists item by item, a key in parentheses is a query. A key that
begins with ``~`` asks every item of a list or value of a map. Bindings (``->name``) cannot be evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from assay.engines.policy.cel.fields import mapping, objects, only, wrong
from assay.engines.policy.kyverno_test.judging import Row
from assay.engines.policy.kyverno_test.reading import TestFile
from assay.engines.policy.kyverno_test.trying import Response
from assay.engines.policy.queries.faults import NotFound
from assay.engines.policy.queries.search import search
from assay.errors import AssayError
from assay.model.policy import Object, RuleResult

MAX_DEPTH = 50


def rows(test: TestFile, found: Sequence[Response]) -> Iterator[Row]:
    """A row for each check and each rule's answer that it is about, as Kyverno has it."""
    for number, (check, place) in enumerate(objects(test.item, "checks", test.place)):
        only(check, ("match", "assert", "error"), place)
        match = mapping(check, "match", place)
        only(match, ("resource", "policy", "rule"), f"{place}.match")
        if check.get("assert") is None and check.get("error") is None:
            wrong(place, "one of assert and error is needed")
        for response in found:
            for result in response.results:
                if _is_about(match, response, result, place):
                    yield _row(test, number, check, result, place)


def _is_about(match: Object, response: Response, result: RuleResult, place: str) -> bool:
    documents = {"resource": response.item, "policy": response.policy.item, "rule": _answer(result)}
    return not any(
        fault(wanted, documents[name], f"{place}.match.{name}") for name, wanted in match.items() if wanted is not None
    )


def _answer(result: RuleResult) -> Object:
    """What a rule said, by Kyverno's names."""
    return {"name": result.rule, "message": result.message, "status": str(result.outcome)}


def _row(test: TestFile, number: int, check: Object, result: RuleResult, place: str) -> Row:
    case, answer, told = f"checks[{number}]/{result.policy}/{result.rule}", _answer(result), ""
    if check.get("assert") is not None:
        told = fault(check["assert"], answer, f"{place}.assert")
    if not told and check.get("error") is not None and not fault(check["error"], answer, f"{place}.error"):
        told = "the document is as `error` says it must not be"
    return Row(test.name, case, not told, told)


def fault(wanted: Any, given: Any, place: str, depth: int = 0) -> str:
    """What of `given` is not as the tree says, empty where all is; raises `Malformed`."""
    if depth > MAX_DEPTH:
        wrong(place, f"a tree is nested over {MAX_DEPTH} deep")
    if isinstance(wanted, dict):
        return next((told for key, value in wanted.items() if (told := _field(key, value, given, place, depth))), "")
    if isinstance(wanted, list):
        if not isinstance(given, list) or len(given) != len(wanted):
            return f"{place}: wanted are {len(wanted)} items, found {given!r:.100}"
        pairs = zip(wanted, given, strict=True)
        return next((told for one, item in pairs if (told := fault(one, item, place, depth + 1))), "")
    return (
        ""
        if type(wanted) is type(given) and wanted == given
        else f"{place}: wanted {wanted!r:.100}, found {given!r:.100}"
    )


def _field(key: str, wanted: Any, given: Any, place: str, depth: int) -> str:
    each, name = key.startswith("~"), key.lstrip("~").removeprefix(".")
    if "->" in name.rpartition(")")[2]:
        wrong(f"{place}.{key}", "bindings cannot be evaluated")
    value = _value(name, given) if name else given
    where = f"{place}.{key}"
    if not each:
        return fault(wanted, value, where, depth + 1)
    items = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(items, list):
        return f"{where}: {items!r:.100} has no items"
    return next((told for item in items if (told := fault(wanted, item, where, depth + 1))), "")


def _value(name: str, given: Any) -> Any:
    """A field, or the answer of a query; null where there is none."""
    if name.startswith("(") and name.endswith(")"):
        try:
            return search(name[1:-1], given)
        except NotFound:
            return None
        except AssayError as error:
            wrong(name, error.what)
    return given.get(name) if isinstance(given, dict) else None
