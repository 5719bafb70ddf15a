"""Findings about policies as SARIF 2.1.0, which code hosts show beside the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from assay.formats import json_bytes
from assay.formats.json import Json


class Finding(Protocol):
    """What is reported."""

    @property
    def rule(self) -> str:
        """Its id."""
        ...

    @property
    def level(self) -> str:
        """``error``, ``warning`` or ``note``."""
        ...

    @property
    def what(self) -> str:
        """What is found."""
        ...

    @property
    def remedy(self) -> str:
        """What mends it."""
        ...


def sarif(found: Sequence[tuple[Finding, str, int]], rules: Mapping[str, str], version: str) -> bytes:
    """A log with one run; each finding with its file and line."""
    names = list(rules)
    listed: list[Json] = [{"id": name, "shortDescription": {"text": rules[name]}} for name in names]
    results: list[Json] = [_result(one, file, line, names) for one, file, line in found]
    driver: Json = {"name": "assay policy lint", "version": version, "rules": listed}
    return json_bytes.dump(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{"tool": {"driver": driver}, "results": results}],
        }
    )


def _result(one: Finding, file: str, line: int, names: Sequence[str]) -> Json:
    text = f"{one.what}; remedy: {one.remedy}" if one.remedy else one.what
    found: dict[str, Json] = {
        "ruleId": one.rule,
        "ruleIndex": names.index(one.rule),
        "level": str(one.level),
        "message": {"text": text},
    }
    if file:
        place: Json = {"artifactLocation": {"uri": file}, "region": {"startLine": max(line, 1)}}
        found["locations"] = [{"physicalLocation": place}]
    return found
