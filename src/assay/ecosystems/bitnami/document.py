"""``opt/bitnami/NAME/.spdx-NAME.spdx``: an SPDX 2.3 JSON document on a component and what it was built with.

::

    {"packages": [{"SPDXID": "SPDXRef-Package-apache", "name": "apache", "versionInfo": "2.4.58-0",
                   "licenseDeclared": "Apache-2.0", "supplier": "Organization: Sample",
                   "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:bitnami/apache@2.4.58-0?..."},
                                    {"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:apache:..."}]}],
     "relationships": [{"spdxElementId": "SPDXRef-Package-apache", "relationshipType": "CONTAINS",
                        "relatedSpdxElement": "SPDXRef-Package-apr"}]}
"""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import json, purl, spdx_license
from assay.formats.json import Object, as_list, as_object, as_text
from assay.model.component import Component, ComponentType, ExternalReference
from assay.model.ecosystem import File, Found
from assay.model.purl import Purl
from assay.model.sbom import Skipped

_DOWN = frozenset({"CONTAINS", "DEPENDS_ON", "HAS_PREREQUISITE", "DYNAMIC_LINK", "STATIC_LINK"})
_UP = frozenset({"CONTAINED_BY", "DEPENDENCY_OF", "PREREQUISITE_FOR", "RUNTIME_DEPENDENCY_OF", "PACKAGE_OF"})


def parse(file: File) -> Found:
    """The packages with a package URL, and the edges between them; others are reported."""
    document = json.load_object(file.data)
    if "packages" not in document:
        raise Malformed("not an SPDX document (no packages)")
    by_reference: dict[str, Component] = {}
    skipped: list[Skipped] = []
    for package in map(as_object, as_list(document["packages"])):
        try:
            by_reference[as_text(package.get("SPDXID"))] = _component(package)
        except Malformed as error:
            skipped.append(Skipped(file.path, f"package {as_text(package.get('name'))[:80]!r}: {error.what}"))
    edges = set()
    for relationship in map(as_object, as_list(document.get("relationships"))):
        kind = as_text(relationship.get("relationshipType"))
        ends = [as_text(relationship.get(key)) for key in ("spdxElementId", "relatedSpdxElement")]
        if kind in _UP:
            ends.reverse()
        if kind in _DOWN | _UP and all(end in by_reference for end in ends):
            edges.add((by_reference[ends[0]].id, by_reference[ends[1]].id))
    return Found(tuple(by_reference.values()), edges=tuple(sorted(edges)), skipped=tuple(skipped))


def _component(package: Object) -> Component:
    references = [as_object(item) for item in as_list(package.get("externalRefs"))]
    known = [(as_text(item.get("referenceType")), as_text(item.get("referenceLocator"))) for item in references]
    identity = next((purl.parse(text) for kind, text in known if kind == "purl"), None)
    if identity is None:
        raise Malformed("without a package URL")
    license_ = as_text(package.get("licenseDeclared"))
    if license_ in ("", "NOASSERTION", "NONE"):
        license_ = as_text(package.get("licenseConcluded"))
    location = as_text(package.get("downloadLocation"))
    return Component(
        identity.name,
        identity.version,
        ComponentType.APPLICATION if identity.type == "bitnami" else ComponentType.LIBRARY,
        namespace=identity.namespace,
        ecosystem=_ecosystem(identity),
        purl=identity,
        licenses=() if license_ in ("NOASSERTION", "NONE") else spdx_license.normalise(license_),
        supplier=as_text(package.get("supplier")).partition(":")[2].strip(),
        cpes=tuple(dict.fromkeys(text for kind, text in known if kind == "cpe23Type")),
        references=(ExternalReference("distribution", location),) if "://" in location else (),
    )


def _ecosystem(identity: Purl) -> str:
    """What is built in keeps its own ecosystem, which is named as the purl type is."""
    return identity.type
