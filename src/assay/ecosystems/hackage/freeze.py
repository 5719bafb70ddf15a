"""cabal.project.freeze (Cabal User Guide, "cabal freeze"): exact constraints, with flags among them.

::

    active-repositories: hackage.example:merge
    constraints: any.aeson ==2.1.2.1,
                 aeson -cffi +ordered-keymap,
                 any.base ==4.17.2.0
    index-state: hackage.example 2023-11-01T00:00:00Z
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import purl
from assay.model.component import Component, Presence
from assay.model.ecosystem import File, Found

_NAME = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_FIELD = re.compile(r"([A-Za-z][A-Za-z-]*):")


def parse(file: File) -> Found:
    """The packages that are pinned; flags and the constraint ``installed`` name no version."""
    components: dict[str, Component] = {}
    constraints = _constraints(file.text)
    for constraint in constraints:
        name, version = _pin(constraint)
        if version:
            components[f"{name} {version}"] = Component(
                name, version, purl=purl.attempt("hackage", name, version), presence=Presence.DECLARED
            )
    if constraints and not components and not any(re.search(r"[=+<>-]| installed\Z", item) for item in constraints):
        raise Malformed("cabal.project.freeze: constraints that are none")
    return Found(tuple(components.values()))


def _pin(constraint: str) -> tuple[str, str]:
    """Name and version of ``any.aeson ==2.1.2.1``; the qualifier (``any.``, ``setup.``, ``app:setup.``) is dropped."""
    qualified, _, version = constraint.partition("==")
    name = qualified.strip().rpartition(":")[2]
    name = name.removeprefix("setup.").removeprefix("any.")
    version = version.strip()
    return (name, version) if _NAME.fullmatch(name) and _VERSION.fullmatch(version) else ("", "")


def _constraints(text: str) -> list[str]:
    """The values of all fields `constraints`, which go on over the lines that follow."""
    parts: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.lstrip().startswith("--"):
            continue
        match = _FIELD.match(line)
        if match:
            inside = match[1].lower() == "constraints"
            line = "," + line[match.end() :]
        if inside:
            parts.append(line)
    return [item for item in (part.strip() for part in "\n".join(parts).split(",")) if item]
