"""pyproject.toml: ``[project]`` (PEP 621), ``[dependency-groups]`` (PEP 735), ``[tool.poetry]``, ``[tool.pdm]``.

::

    [project]
    name = "sample"
    version = "1.0"
    dependencies = ["requests>=2.32"]

    [tool.poetry.dependencies]
    python = "^3.11"
    rich = { version = "^13.0", optional = true }
"""

from __future__ import annotations

from assay.ecosystems.pypi import manifest, package
from assay.ecosystems.pypi.requirement import Requirement
from assay.formats import toml
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.component import Scope
from assay.model.ecosystem import File, Found

_Pairs = list[tuple[Requirement | None, Scope]]


def parse(file: File) -> Found:
    """The project and what it asks for; nothing for a file that only configures tools."""
    if package.is_packaged(file.path):
        return Found()
    document = toml.load(file.data)
    project, tool = as_object(document.get("project")), as_object(document.get("tool"))
    poetry = as_object(tool.get("poetry"))
    wanted = _standard(project) + _poetry(poetry)
    wanted += _groups(as_object(document.get("dependency-groups")))
    wanted += _groups(as_object(as_object(tool.get("pdm")).get("dev-dependencies")))
    wanted += _texts(as_object(tool.get("uv")).get("dev-dependencies"), Scope.EXCLUDED)
    name = as_text(project.get("name")) or as_text(poetry.get("name"))
    version = as_text(project.get("version")) or as_text(poetry.get("version"))
    if not name and not wanted:
        return Found()
    description = as_text(project.get("description")) or as_text(poetry.get("description"))
    return manifest.found(file, name, version, wanted, description)


def _texts(value: Json, scope: Scope) -> _Pairs:
    return manifest.listed([as_text(one) for one in as_list(value) if isinstance(one, str)], scope)


def _standard(project: Object) -> _Pairs:
    wanted = _texts(project.get("dependencies"), Scope.REQUIRED)
    for group in as_object(project.get("optional-dependencies")).values():
        wanted += _texts(group, Scope.OPTIONAL)
    return wanted


def _groups(groups: Object) -> _Pairs:
    """Development groups; ``{include-group = "..."}`` adds nothing that the other group does not say."""
    return [pair for group in groups.values() for pair in _texts(group, Scope.EXCLUDED)]


def _poetry(poetry: Object) -> _Pairs:
    wanted = _table(as_object(poetry.get("dependencies")), Scope.REQUIRED)
    wanted += _table(as_object(poetry.get("dev-dependencies")), Scope.EXCLUDED)
    for group in map(as_object, as_object(poetry.get("group")).values()):
        wanted += _table(as_object(group.get("dependencies")), Scope.EXCLUDED)
    return wanted


def _table(dependencies: Object, scope: Scope) -> _Pairs:
    return [pair for name, value in dependencies.items() if name != "python" for pair in _one(name, value, scope)]


def _one(name: str, value: Json, scope: Scope) -> _Pairs:
    """``"^1.0"``, ``{version = "^1.0", optional = true}``, ``{git = "..."}`` or a list of these by platform."""
    if isinstance(value, list):
        value = value[0] if value else ""
    table = as_object(value)
    version = as_text(value) or as_text(table.get("version"))
    url = as_text(table.get("url")) or as_text(table.get("path"))
    if as_text(table.get("git")):
        revision = next((as_text(table[key]) for key in ("rev", "tag", "branch") if key in table), "")
        url = f"git+{as_text(table.get('git'))}" + (f"@{revision}" if revision else "")
    if table.get("optional") is True:
        scope = Scope.OPTIONAL
    specifier = "" if version == "*" or url else "".join(version.split())
    if specifier[:1].isdigit() and not specifier.endswith("*"):
        specifier = f"=={specifier}"
    return [(Requirement(name, specifier=specifier, url=url), scope)]
