"""Lists of purls: each line is one by the rules of its type (ECMA-427 and the purl type definitions)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from assay.engines.validate.problem import MAX_PROBLEMS, Problem
from assay.errors import Malformed
from assay.formats import purl, purl_list


def problems(data: bytes, version: str, strict: bool = False) -> list[Problem]:
    """The lines that hold no purl, at most fifty; a list has no version, and nothing that could be stricter."""
    del version, strict
    try:
        return list(islice(_all(data), MAX_PROBLEMS))
    except Malformed as error:
        return [Problem("", error.what)]


def _all(data: bytes) -> Iterator[Problem]:
    for number, text in purl_list.lines(data):
        try:
            purl.parse(text)
        except Malformed as error:
            yield Problem(f"line {number}", error.what)
