"""What pyproject.toml, setup.cfg and setup.py have in common: a project that asks for others."""

from __future__ import annotations

from collections.abc import Iterable

from assay.ecosystems.pypi import package
from assay.ecosystems.pypi.requirement import Requirement, normalise, parse
from assay.model.component import Component, ComponentType, Scope
from assay.model.ecosystem import File, Found, Need

Wanted = Iterable[tuple[Requirement | None, Scope]]


def found(file: File, name: str, version: str, wanted: Wanted, description: str = "") -> Found:
    """The project, if it has a name, and what it asks for; `assembly` lets a lock file's versions win over ranges.

    What several extras ask for in different versions is there once for each.
    """
    asked: dict[str, Component] = {}
    also: list[Component] = []
    for requirement, scope in wanted:
        if requirement is not None and normalise(requirement.name) != normalise(name):
            one = package.from_requirement(requirement, scope)
            first = asked.setdefault(normalise(requirement.name), one)
            also += [one] if (one.id, one.version_range) != (first.id, first.version_range) else []
    components = list(asked.values())
    needs: tuple[Need, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    if name:
        project = package.declared(name, version, kind=ComponentType.APPLICATION, description=description)
        needs = tuple(Need(project.id, (key,)) for key in asked)
        edges = tuple(dict.fromkeys((project.id, one.id) for one in also))
        components = [project, *components]
    return Found(
        (*components, *also),
        edges=edges,
        needs=needs,
        provides=package.provided(components),
        scope=package.project(file.folder),
        facts={"manifest": file.folder},
    )


def listed(texts: Iterable[str], scope: Scope) -> list[tuple[Requirement | None, Scope]]:
    """Requirement texts with the scope that all of them have."""
    return [(parse(text), scope) for text in texts if text.strip() and not text.lstrip().startswith("#")]
