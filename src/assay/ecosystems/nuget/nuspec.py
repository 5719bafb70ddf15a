"""``NAME.nuspec`` of a package (NuGet, ".nuspec reference"), at the root of a ``.nupkg`` file.

::

    <package><metadata>
      <id>Sample.Text</id><version>1.2.0</version><authors>Sample</authors>
      <license type="expression">MIT</license><repository url="https://git.example/text" />
      <dependencies><group targetFramework="net6.0"><dependency id="Sample.Core" version="1.0" /></group></dependencies>
    </metadata></package>

It is only looked for at the root, where the source is such a file, or one that was unpacked: packages in the folder of
all packages are what the dependency files of programs tell. One with ``$variables$`` is a template, and no package.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assay.ecosystems.nuget import package
from assay.errors import Malformed
from assay.formats import spdx_license, xml
from assay.model.component import ExternalReference, Presence
from assay.model.ecosystem import File, Found, Need
from assay.model.license import License

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def parse(file: File) -> Found:
    """The package that would be installed, and what it needs."""
    root = xml.load(file.data)
    metadata = xml.child(root, "metadata")
    if metadata is None:
        raise Malformed("a .nuspec without metadata")
    name, version = xml.text(metadata, "id"), xml.text(metadata, "version")
    if "$" in name + version:
        return Found()
    item = package.component(name, f"[{version}]", Presence.DECLARED) if name and version else None
    if item is None:
        raise Malformed("a .nuspec without id or version")
    item = replace(
        item,
        licenses=_licenses(metadata),
        author=xml.text(metadata, "authors"),
        description=" ".join(xml.text(metadata, "description").split()),
        references=_references(metadata),
    )
    needs = dict.fromkeys(_needed(xml.child(metadata, "dependencies")))
    return Found((item,), needs=tuple(Need(item.id, (one,)) for one in needs if one))


def _needed(element: Element | None) -> list[str]:
    """The names of the dependencies, of all frameworks."""
    if element is None:
        return []
    rows = [*xml.children(element, "dependency")]
    for group in xml.children(element, "group"):
        rows += xml.children(group, "dependency")
    return [row.get("id", "") for row in rows]


def _licenses(metadata: Element) -> tuple[License, ...]:
    element = xml.child(metadata, "license")
    if element is not None and element.get("type") == "expression":
        return tuple(spdx_license.normalise(xml.text(element)))
    return ()


def _references(metadata: Element) -> tuple[ExternalReference, ...]:
    repository = xml.child(metadata, "repository")
    rows = [("website", xml.text(metadata, "projectUrl"))]
    rows += [("vcs", repository.get("url", ""))] if repository is not None else []
    return tuple(ExternalReference(kind, url) for kind, url in rows if "://" in url)
