"""A ``software_Package`` of SPDX 3.0.1 and the component that it stands for.

::

    {"type": "software_Package", "spdxId": "https://spdx.org/spdxdocs/app-.../#SPDXRef-Package-pypi-idna-...",
     "creationInfo": "_:creation-of-this-document", "name": "idna", "software_packageVersion": "3.10",
     "software_packageUrl": "pkg:pypi/idna@3.10", "software_primaryPurpose": "library",
     "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": "946d..."}]}

Licences are relationships of the package and agents are elements of their own; both are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping

from assay.formats import digest, purl
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.spdx import terms3
from assay.model.component import Component, ComponentType, ExternalReference
from assay.model.digest import Digest
from assay.model.license import License
from assay.model.purl import Purl

OWNED = frozenset(
    [
        "type",
        "spdxId",
        "creationInfo",
        "name",
        "description",
        "software_packageVersion",
        "software_packageUrl",
        "software_downloadLocation",
        "software_homePage",
        "software_copyrightText",
        "software_primaryPurpose",
        "suppliedBy",
        "originatedBy",
        "verifiedUsing",
        "externalIdentifier",
        "externalRef",
    ]
)
"""Properties that the writer makes anew; the others of a package that was read stay."""


def written(component: Component, iri: str, agents: Mapping[tuple[str, str], str]) -> Object:
    """The package that stands for `component`; `agents` maps kind and name of agents to their ids."""
    page, location, references = _references(component)
    package: Object = {
        "type": "software_Package",
        "spdxId": iri,
        "creationInfo": terms3.CREATION,
        "name": component.name,
        "description": component.description,
        "software_packageVersion": component.version,
        "software_packageUrl": str(component.purl) if component.purl else "",
        "software_downloadLocation": location,
        "software_homePage": page,
        "software_copyrightText": component.copyright,
        "software_primaryPurpose": terms3.PURPOSES[component.type],
        "suppliedBy": agents.get(("Organization", component.supplier), ""),
        "originatedBy": [agents["Person", component.author]] if component.author else [],
        "verifiedUsing": [_hash(item) for item in component.digests if item.algorithm in terms3.HASHES],
        "externalIdentifier": [_identifier(cpe) for cpe in component.cpes],
        "externalRef": references,
    }
    return {key: value for key, value in package.items() if value not in ("", [])}


def _hash(found: Digest) -> Object:
    return {"type": "Hash", "algorithm": terms3.HASHES[found.algorithm], "hashValue": found.value}


def _identifier(cpe: str) -> Object:
    return {"type": "ExternalIdentifier", "externalIdentifierType": "cpe23", "identifier": cpe}


def _references(component: Component) -> tuple[str, str, list[Json]]:
    """The home page, the download location and the other references."""
    page = location = ""
    others: list[Json] = []
    for item in component.references:
        if item.type == "website" and not page and _is_uri(item.url):
            page = item.url
        elif item.type == "distribution" and not location and _is_uri(item.url):
            location = item.url
        else:
            others.append(_external_ref(item))
    return page, location, others


def _is_uri(text: str) -> bool:
    return text.startswith(("https://", "http://", "ftp://")) and text.isascii() and len(text.split()) == 1


def _external_ref(item: ExternalReference) -> Object:
    kind = terms3.REFERENCES.get(item.type, "other")
    found: Object = {"type": "ExternalRef", "externalRefType": kind, "locator": [item.url]}
    return {**found, "comment": item.comment} if item.comment else found


def reading(element: Object, agents: Mapping[str, str], licenses: tuple[License, ...], ref: str) -> Component:
    """What the properties of a package say; `agents` maps ids to names."""
    found = _purl(element)
    return Component(
        name=as_text(element.get("name")),
        version=as_text(element.get("software_packageVersion")),
        type=terms3.TYPES.get(as_text(element.get("software_primaryPurpose")), ComponentType.LIBRARY),
        namespace=found.namespace if found else "",
        ecosystem=found.type if found else "",
        purl=found,
        ref=ref,
        licenses=licenses,
        digests=tuple(_digests(element)),
        supplier=agents.get(as_text(element.get("suppliedBy")), ""),
        author=next((agents.get(as_text(item), "") for item in as_list(element.get("originatedBy"))), ""),
        description=as_text(element.get("description")) or as_text(element.get("summary")),
        copyright=as_text(element.get("software_copyrightText")),
        cpes=tuple(_identifiers(element, "cpe23")),
        references=tuple(_read_references(element)),
    )


def _identifiers(element: Object, kind: str) -> list[str]:
    items = map(as_object, as_list(element.get("externalIdentifier")))
    return [as_text(item.get("identifier")) for item in items if item.get("externalIdentifierType") == kind]


def _purl(element: Object) -> Purl | None:
    for text in (as_text(element.get("software_packageUrl")), *_identifiers(element, "packageUrl")):
        if found := purl.read(text):
            return found
    return None


def _digests(element: Object) -> list[Digest]:
    found = []
    for item in map(as_object, as_list(element.get("verifiedUsing"))):
        algorithm = terms3.ALGORITHMS.get(as_text(item.get("algorithm")))
        parsed = digest.find(f"{algorithm}:{as_text(item.get('hashValue'))}") if algorithm else None
        if parsed:
            found.append(parsed)
    return found


def _read_references(element: Object) -> list[ExternalReference]:
    found = []
    if page := as_text(element.get("software_homePage")):
        found.append(ExternalReference("website", page))
    if location := as_text(element.get("software_downloadLocation")):
        found.append(ExternalReference("distribution", location))
    for item in map(as_object, as_list(element.get("externalRef"))):
        kind = terms3.REFERENCE_TYPES.get(as_text(item.get("externalRefType")), "other")
        comment = as_text(item.get("comment"))
        found += [ExternalReference(kind, as_text(url), comment) for url in as_list(item.get("locator"))]
    return found
