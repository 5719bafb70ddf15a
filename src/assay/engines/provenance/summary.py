"""Verification summaries (SLSA VSA 1): that somebody verified a resource already, and with which levels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assay.engines.provenance import Mismatch, Reason
from assay.formats.intoto import Statement
from assay.formats.json import Object, as_list, as_object, as_text

TYPE = "https://slsa.dev/verification_summary/v1"
_LEVEL = re.compile(r"SLSA_([A-Z]+)_LEVEL_(\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ExpectedSummary:
    """Who must have verified what, with at least these levels; `digests` as ALGORITHM, VALUE must all be subjects."""

    verifier: str
    resource: str
    levels: Sequence[str] = ()
    digests: Sequence[tuple[str, str]] = ()


def check(statement: Statement, expected: ExpectedSummary) -> str:
    """The verifier; raises `Mismatch` for the first thing that does not fit."""
    if statement.predicate_type != TYPE:
        raise Mismatch(Reason.TYPE, statement.predicate_type, TYPE)
    predicate = as_object(statement.predicate)
    for algorithm, value in expected.digests:
        if not statement.names(algorithm, value):
            raise Mismatch(Reason.SUBJECT, "another subject", f"{algorithm}:{value}")
    verifier = as_text(as_object(predicate.get("verifier")).get("id"))
    _equal(Reason.VERIFIER, verifier, expected.verifier)
    _equal(Reason.RESOURCE, as_text(predicate.get("resourceUri")), expected.resource)
    result = as_text(predicate.get("verificationResult"))
    if result != "PASSED":
        raise Mismatch(Reason.RESULT, result, "PASSED")
    _levels(predicate, expected.levels)
    return verifier


def _equal(reason: Reason, found: str, wanted: str) -> None:
    if not found:
        raise Mismatch(Reason.EMPTY, f"{reason} is empty", wanted)
    if found != wanted:
        raise Mismatch(reason, found, wanted)


def _levels(predicate: Object, wanted: Sequence[str]) -> None:
    """Levels of SLSA's tracks are at least as high as wanted, levels of others the same."""
    found = [as_text(item) for item in as_list(predicate.get("verifiedLevels"))]
    highest: dict[str, int] = {}
    for item in found:
        if match := _LEVEL.fullmatch(item):
            highest[match[1]] = max(highest.get(match[1], 0), int(match[2]))
    for item in wanted:
        match = _LEVEL.fullmatch(item)
        reached = highest.get(match[1], -1) >= int(match[2]) if match else item in found
        if not reached:
            raise Mismatch(Reason.LEVELS, ", ".join(found), item)
