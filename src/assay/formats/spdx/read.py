"""An SPDX 2 document (its JSON tree) as an SBOM (SPDX 2.3, clauses 6 to 12).

A document that describes exactly one package has it as subject; else the document itself is (``SPDXRef-DOCUMENT``).
`Sbom.extra` keeps under ``spdx`` the tree without its packages, each component its own package.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assay.errors import Malformed
from assay.formats.json import Object, as_list, as_object, as_text
from assay.formats.spdx import edges, licensing
from assay.formats.spdx.annotations import DOCUMENT_FIELDS, is_ours, split
from assay.formats.spdx.fields import restore
from assay.formats.spdx.names import DOCUMENT, agent_name
from assay.formats.spdx.package import component_of
from assay.model.component import Component, ComponentType, Scope
from assay.model.sbom import Sbom, Skipped, Tool

_TOOL = re.compile(r"(?P<name>.+?)-(?P<version>v?[0-9][^\s]*)", re.DOTALL)


def version_of(document: Object) -> str:
    """``2.3``; raises `Malformed` for what is no SPDX 2 document."""
    version = as_text(document.get("spdxVersion"))
    if not version.startswith("SPDX-2."):
        raise Malformed(f"no SPDX 2 document: spdxVersion is {version[:40]!r}", "2.x has spdxVersion SPDX-2.3")
    return version.removeprefix("SPDX-")


def sbom_of(document: Object, form: str, skipped: tuple[Skipped, ...] = ()) -> Sbom:
    """The SBOM that a document in the written form `form` (``json``, ``yaml``, ``tag-value``) holds."""
    version = version_of(document)
    values, _ = split(document.get("annotations"))
    ours = is_ours(document)
    packages = _packages(document, ours)
    described = [name for name in edges.described(document) if name in packages]
    root = described[0] if len(described) == 1 else DOCUMENT
    subject = packages.pop(root, None) or _document_itself(document)
    known = {spdx_id: component.id for spdx_id, component in packages.items()} | {root: subject.id}
    sbom = Sbom(
        subject=subject,
        components=tuple(sorted(packages.values(), key=lambda component: component.id)),
        dependencies=edges.dependencies(document, known, root),
        serial=as_text(document.get("documentNamespace")),
        source_format=f"spdx-{form}@{version}",
        extra={"spdx": {key: value for key, value in document.items() if key != "packages"}},
    )
    sbom = with_creation(sbom, as_object(document.get("creationInfo")))
    sbom = restore(sbom, values or {}, DOCUMENT_FIELDS)
    return replace(sbom, skipped=sbom.skipped + skipped) if skipped else sbom


def _packages(document: Object, ours: bool) -> dict[str, Component]:
    """The components by SPDX id; of packages that share an id the first counts (ids must be unique)."""
    infos = licensing.texts(document.get("hasExtractedLicensingInfos"))
    scopes = {} if ours else edges.scopes(document)
    found: dict[str, Component] = {}
    for package in map(as_object, as_list(document.get("packages"))):
        spdx_id = as_text(package.get("SPDXID"))
        if not spdx_id or spdx_id in found:
            continue
        component = component_of(package, infos, ours)
        scope = scopes.get(spdx_id, Scope.REQUIRED) if not ours else component.scope
        found[spdx_id] = replace(component, scope=scope, extra={"spdx": package})
    return found


def _document_itself(document: Object) -> Component:
    return Component(as_text(document.get("name")), type=ComponentType.APPLICATION, ref=DOCUMENT)


def with_creation(sbom: Sbom, info: Object) -> Sbom:
    """`sbom` with its creators and its time (clause 6.8 and 6.9)."""
    agents = [agent_name(as_text(item)) for item in as_list(info.get("creators"))]
    return replace(
        sbom,
        tools=tuple(tool_of(name) for kind, name in agents if kind == "Tool"),
        authors=tuple(name for kind, name in agents if kind in {"Person", ""} and name),
        supplier=next((name for kind, name in agents if kind == "Organization"), ""),
        timestamp=as_text(info.get("created")),
    )


def tool_of(text: str) -> Tool:
    """``syft-0.91.0`` as name and version."""
    match = _TOOL.fullmatch(text)
    return Tool(match["name"], match["version"]) if match else Tool(text)
