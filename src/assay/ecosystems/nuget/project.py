"""Project files: ``*.csproj`` and its kin, central versions, packages.config (NuGet, "PackageReference", "Central
Package Management", "packages.config reference").

::

    <PackageReference Include="Text" Version="2.1.0" PrivateAssets="all" />     *.csproj
    <PackageVersion Include="Text" Version="$(TextVersion)" />                  Directory.Packages.props
    <package id="Text" version="2.1.0" developmentDependency="true" />          packages.config
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.ecosystems.nuget.package import component
from assay.errors import Malformed
from assay.formats import xml
from assay.formats.json import as_object, as_text
from assay.model.component import Component, Presence, Scope
from assay.model.ecosystem import File, Found, Located
from assay.model.sbom import Distribution, Skipped

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ITEMS = frozenset({"PackageReference", "PackageVersion", "GlobalPackageReference", "DotNetCliToolReference"})
_PROPERTY = re.compile(r"\$\(([\w.]{1,100})\)")
_MAX_ROUNDS = 8
_MAX_TEXT = 2048


def parse(file: File) -> Found:
    """The packages that a project refers to; a reference without a version waits for the central one."""
    root = xml.load(file.data)
    if xml.local(root) != "Project":
        raise Malformed(f"not a project but <{xml.local(root)[:80]}>")
    groups = xml.children(root, "PropertyGroup")
    values = {xml.local(item): (item.text or "").strip() for group in groups for item in group}
    found: dict[str, Component] = {}
    waiting: dict[str, bool] = {}
    central: dict[str, str] = {}
    for element in _items(root):
        name, version = element.get("Include") or element.get("Update") or "", _version(element)
        private = "all" in _detail(element, "PrivateAssets").lower()
        if not name or version == "":
            continue
        if version is None:
            waiting[name] = private
            continue
        item = component(_filled(name, values), _filled(version, values), Presence.DECLARED)
        if item is not None:
            central[item.name.lower()] = item.version or item.version_range
            found.setdefault(item.id, replace(item, scope=Scope.EXCLUDED if private else Scope.REQUIRED))
    return Found(tuple(found.values()), facts={"waiting": waiting, "central": central})


def _items(root: Element) -> Iterator[Element]:
    for group in root.iter():
        if xml.local(group) == "ItemGroup":
            yield from (item for item in group if xml.local(item) in _ITEMS)


def _detail(element: Element, name: str) -> str:
    return element.get(name) or xml.text(element, name)


def _version(element: Element) -> str | None:
    """The version as an attribute or a child; None where there is neither."""
    for name in ("VersionOverride", "Version"):
        if element.get(name) is not None:
            return (element.get(name) or "").strip()
        if xml.child(element, name) is not None:
            return xml.text(element, name)
    return None


def _filled(text: str, values: Mapping[str, str]) -> str:
    for _ in range(_MAX_ROUNDS):
        changed = _PROPERTY.sub(lambda match: values.get(match[1], match[0]), text)
        if changed == text or len(changed) > _MAX_TEXT:
            break
        text = changed
    return text


def parse_config(file: File) -> Found:
    """The packages of a packages.config file, each in an exact version."""
    root = xml.load(file.data)
    if xml.local(root) != "packages":
        raise Malformed(f"not a packages.config file but <{xml.local(root)[:80]}>")
    found: dict[str, Component] = {}
    unnamed = 0
    for element in xml.children(root, "package"):
        scope = Scope.EXCLUDED if element.get("developmentDependency", "").lower() == "true" else Scope.REQUIRED
        item = component(element.get("id", ""), element.get("version", ""), Presence.DECLARED, scope=scope)
        if item is not None:
            found.setdefault(item.id, item)
        else:
            unnamed += 1
    skipped = (Skipped(file.path, f"{unnamed} packages without a name that NuGet takes"),) if unnamed else ()
    return Found(tuple(found.values()), skipped=skipped)


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """Central versions for the references that wait for them; what a deps.json tells of is not told twice."""
    central = {
        _folder(file.path): as_object(file.found.facts.get("central"))
        for file in files
        if file.path.endswith("Directory.Packages.props")
    }
    told = {
        (_folder(file.path), item.name.lower())
        for file in files
        if file.parser == "nuget-deps"
        for item in file.found.components
    }
    return [_assembled(file, central, told) for file in files]


def _assembled(file: Located, central: Mapping[str, Mapping[str, object]], told: set[tuple[str, str]]) -> Located:
    if file.parser == "nuget-assembly":
        kept = tuple(item for item in file.found.components if (_folder(file.path), item.name.lower()) not in told)
        return file if len(kept) == len(file.found.components) else replace(file, found=Found(kept))
    waiting = as_object(file.found.facts.get("waiting"))
    if file.parser != "nuget-project" or not waiting:
        return file
    versions = next((central[folder] for folder in _upwards(_folder(file.path)) if folder in central), {})
    items = (
        component(name, as_text(versions.get(name.lower())), Presence.DECLARED, scope=_scope(private))
        for name, private in waiting.items()
    )
    known = {item.id for item in file.found.components}
    added = tuple(item for item in items if item is not None and item.id not in known)
    return replace(file, found=replace(file.found, components=file.found.components + added))


def _scope(private: object) -> Scope:
    return Scope.EXCLUDED if private is True else Scope.REQUIRED


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _upwards(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = _folder(folder)
    yield ""
