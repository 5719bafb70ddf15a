"""``opt/bitnami/NAME/.spdx-NAME.spdx``: an SPDX document, as JSON or as tag-value, on a component and what is in it.

::

    {"packages": [{"SPDXID": "SPDXRef-apache", "name": "apache", "versionInfo": "2.4.58-0",
                   "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:bitnami/apache@2.4.58-0?..."}]},
                  {"SPDXID": "SPDXRef-Application-1", "name": "opt/bitnami/apache/bin/tool"},
                  {"SPDXID": "SPDXRef-Package-2", "name": "golang.org/x/sys", ...}],
     "relationships": [{"spdxElementId": "SPDXRef-apache", "relationshipType": "CONTAINS",
                        "relatedSpdxElement": "SPDXRef-Application-1"}, ...]}

Programs and folders whose libraries were looked up are packages of their own there, with neither a version nor a
package URL: what they hold is held by what holds them.
"""

from __future__ import annotations

from dataclasses import replace

from assay.formats.sbom_contents import Reach
from assay.formats.spdx import documents
from assay.model.component import Component, ComponentType
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped


def parse(file: File) -> Found:
    """The packages with a package URL, and the edges between them; others are reported, but for those that group.

    Raises `Malformed` for what is no SPDX document.
    """
    document = documents.read(file.data)
    known: dict[str, Component] = {}
    skipped = [Skipped(file.path, item.reason) for item in document.skipped]
    for package in (document.subject, *document.components):
        if package.purl is not None:
            known[package.id] = _own(package)
        elif package.version or not (package is document.subject or document.dependencies.get(package.id)):
            skipped.append(Skipped(file.path, f"package {package.name[:80]!r}: without a package URL"))
    reach = Reach(document.dependencies, known)
    edges = {
        (known[holder].id, known[held].id)
        for holder in document.dependencies
        if holder in known
        for held in reach.of(holder)
    }
    return Found(
        tuple({item.id: item for item in known.values()}.values()), edges=tuple(sorted(edges)), skipped=tuple(skipped)
    )


def _own(package: Component) -> Component:
    """The component without what only holds within its document; what is built in keeps its own ecosystem."""
    assert package.purl is not None
    return replace(
        package,
        type=ComponentType.APPLICATION if package.purl.type == "bitnami" else ComponentType.LIBRARY,
        version=package.purl.version or package.version,
        ecosystem=package.purl.type,
        ref="",
        properties=(),
        extra={},
    )
