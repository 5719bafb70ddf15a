"""The cases of the Package-URL specification: parse, build, and parse then build (ECMA-427).

Run alone: ``python -m pytest tests/conformance/test_purl.py -s -q``. An expected failure counts when the
operation is refused; the report then repeats the words that the case expects.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from assay.errors import Malformed
from assay.formats import purl
from conformance import suite


def test_every_case_of_the_specification() -> None:
    folder = suite.folder("purl")
    tally = suite.Tally("purl")
    files: dict[str, list[suite.Case]] = {}
    for entry in suite.lines(folder / "index.jsonl"):
        name = entry["file"]
        if name not in files:
            files[name] = json.loads((folder / name).read_text(encoding="utf-8"))["tests"]
        case = files[name][entry["position"] - 1]
        tally.add(entry["name"], *_run(case))
    tally.close(least=1.0)


def _run(case: suite.Case) -> tuple[object, object]:
    """What the case expects, and what assay says in the same form."""
    try:
        observed = _OPERATIONS[case["test_type"]](case["input"])
    except Malformed as refusal:
        if case["expected_failure"]:
            words = case.get("expected_message") or "refused"
            return words, words
        return case["expected_output"], f"refused: {refusal}"
    if case["expected_failure"]:
        return case.get("expected_message") or "refused", observed
    expected = case["expected_output"]
    return (_without_nulls(expected), observed) if isinstance(expected, dict) else (expected, observed)


def _parse(text: str) -> object:
    found = purl.parse(text)
    parts = {
        "type": found.type,
        "namespace": found.namespace,
        "name": found.name,
        "version": found.version,
        "qualifiers": dict(found.qualifiers),
        "subpath": found.subpath,
    }
    return _without_nulls(parts)


def _build(parts: suite.Case) -> object:
    qualifiers = {
        key: ",".join(value) if isinstance(value, list) else value or ""
        for key, value in (parts.get("qualifiers") or {}).items()
    }
    kind, name, version, namespace, subpath = (
        parts.get(key) or "" for key in ("type", "name", "version", "namespace", "subpath")
    )
    return str(purl.build(kind, name, version, namespace, qualifiers, subpath))


def _validate(text: str) -> object:
    return str(purl.parse(text))


_OPERATIONS: dict[str, Callable[[Any], object]] = {
    "parse": _parse,
    "build": _build,
    "validate": _validate,
    "roundtrip": _validate,
}


def _without_nulls(parts: suite.Case) -> suite.Case:
    """Absent parts are null, empty or missing in the suite; a list of checksums is one value here."""
    kept = {key: value for key, value in parts.items() if value}
    if "qualifiers" in kept:
        kept["qualifiers"] = {
            key: ",".join(value) if isinstance(value, list) else value
            for key, value in kept["qualifiers"].items()
            if value
        }
    return kept
