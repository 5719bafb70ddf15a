"""Policies linted: what cannot be loaded, what is most likely not meant, and what is to be removed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.app import own_policies, policies
from assay.engines.policy import linting
from assay.engines.policy.linting import Level
from assay.errors import AssayError

_PLACE = re.compile(r"(?P<file>.+?\.(?:ya?ml|json)):(?P<line>\d+)(?::\s*(?P<rest>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Found:
    """One finding; `what` names the place again, for people."""

    rule: str
    level: Level
    what: str
    remedy: str
    file: str = ""
    line: int = 1


def lint(paths: Sequence[Path]) -> tuple[int, list[Found]]:
    """How many policies can be loaded, and what there is to say; raises `InputError` for a path that is not there."""
    loaded = policies.lint(paths)
    found = [_problem(error) for error in loaded.problems]
    found += [
        _placed("doubtful", Level.WARNING, text, "take it out, or write it as it is meant") for text in loaded.remarks
    ]
    manifests, _ = own_policies.manifests(paths)
    for item in manifests:
        for remark in linting.remarks(item):
            what = f"{item.place}: {remark.field}: {remark.what}"
            found.append(Found(remark.rule, remark.level, what, remark.remedy, item.file, item.line))
    return loaded.policies, found


def _problem(error: AssayError) -> Found:
    return _placed("cannot-load", Level.ERROR, error.what, error.remedy)


def _placed(rule: str, level: Level, what: str, remedy: str) -> Found:
    match = _PLACE.match(what)
    return Found(rule, level, what, remedy, match["file"] if match else "", int(match["line"]) if match else 1)
