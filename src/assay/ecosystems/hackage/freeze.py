"""cabal.project.freeze (Cabal User Guide, "cabal freeze", "constraints"): mostly exact versions, with flags among them.

::

    active-repositories: hackage.example:merge
    constraints: any.aeson ==2.1.2.1,
                 aeson -cffi +ordered-keymap,
                 any.base ==4.17.2.0,
                 any.text >=2.0 && <2.2,
                 any.rts installed
    index-state: hackage.example 2023-11-01T00:00:00Z

A constraint by hand may be a range, or leave the version to what the compiler brings (`installed`) or not (`source`):
those are packages without an exact version. Flags and stanzas (`test`, `bench`) only go with other constraints, or
are those of the project itself.
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import purl
from assay.model.component import Component, Presence, Property
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_CONSTRAINT = re.compile(
    r"(?:[A-Za-z0-9-]+:)?(?:setup\.)?(?:any\.)?"  # the scope: ``any.``, ``setup.``, ``app:setup.``
    r"(?P<name>[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)\s*"
    r"(?:==\s*(?P<version>[0-9]+(?:\.[0-9]+)*)"
    r"|(?P<range>[<>=^(][0-9.*<>=^&|()\s]*)"
    r"|(?<=\s)(?P<kind>installed|source)"
    r"|(?<=\s)(?:test|bench|[+-][A-Za-z0-9_-]+(?:\s+[+-][A-Za-z0-9_-]+)*))"
)
_FIELD = re.compile(r"([A-Za-z][A-Za-z-]*):")


def parse(file: File) -> Found:
    """The packages that are constrained, exactly or not; what is no constraint is told."""
    components: dict[str, Component] = {}
    skipped: list[Skipped] = []
    constraints = _constraints(file.text)
    for constraint in constraints:
        match = _CONSTRAINT.fullmatch(constraint)
        if match is None:
            skipped.append(Skipped(file.path, f"not a constraint: {constraint[:80]!r}"))
        elif match["version"] or match["range"] or match["kind"]:
            component = _component(match)
            components[f"{component.id} {component.version_range}"] = component
    if skipped and len(skipped) == len(constraints):
        raise Malformed("cabal.project.freeze: constraints that are none")
    return Found(tuple(components.values()), skipped=tuple(skipped))


def _component(match: re.Match[str]) -> Component:
    name, version, kind = match["name"], match["version"] or "", match["kind"]
    return Component(
        name,
        version,
        purl=purl.attempt("hackage", name, version),
        presence=Presence.DECLARED,
        version_range=" ".join((match["range"] or "").split()),
        properties=(Property("assay:hackage:constraint", kind),) if kind else (),
    )


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
