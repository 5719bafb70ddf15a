"""SPDX documents against the rules of their version; the rules themselves are in `assay.formats.spdx`."""

from __future__ import annotations

from assay.engines.validate.problem import Problem
from assay.formats.spdx import documents


def problems(data: bytes, version: str, strict: bool = False) -> list[Problem]:
    """What is wrong; `version` and `strict` make no difference, for the document says which rules it follows."""
    del version, strict
    return [Problem("", message) for message in documents.validate(data)]
