"""A package of SPDX 2 (clause 7) and the component that it stands for.

::

    {"SPDXID": "SPDXRef-Package-deb-bash-2f8a1b0c9d7e", "name": "bash", "versionInfo": "5.2.15-2+b7",
     "supplier": "Organization: Matthias Klose (doko@debian.example)", "downloadLocation": "NOASSERTION",
     "licenseConcluded": "NOASSERTION", "licenseDeclared": "GPL-3.0-or-later", "copyrightText": "NOASSERTION",
     "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                       "referenceLocator": "pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64"}]}
"""

from __future__ import annotations

from collections.abc import Mapping

from assay.formats import digest, purl
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.formats.spdx import licensing
from assay.formats.spdx.annotations import COMPONENT_FIELDS, annotation, split
from assay.formats.spdx.fields import different, restore
from assay.formats.spdx.names import agent, agent_name
from assay.formats.spdx.versions import adapt_package
from assay.model.component import Component, ComponentType, ExternalReference
from assay.model.digest import Algorithm, Digest
from assay.model.license import Acknowledgement
from assay.model.purl import Purl

UNNAMED = "unnamed"
"""Stands for the name of a component that has none: SPDX wants one."""
NOTHING = frozenset({"", "NOASSERTION", "NONE"})
_VCS = ("git+", "hg+", "svn+", "bzr+", "git:")
ALGORITHMS = {str(algorithm): str(algorithm).upper() for algorithm in Algorithm}
ALGORITHMS |= {f"blake2b-{bits}": f"BLAKE2b-{bits}" for bits in (256, 384, 512)}
del ALGORITHMS["streebog-256"], ALGORITHMS["streebog-512"]

_PURPOSES = {
    ComponentType.APPLICATION: "APPLICATION",
    ComponentType.FRAMEWORK: "FRAMEWORK",
    ComponentType.LIBRARY: "LIBRARY",
    ComponentType.CONTAINER: "CONTAINER",
    ComponentType.OPERATING_SYSTEM: "OPERATING_SYSTEM",
    ComponentType.DEVICE: "DEVICE",
    ComponentType.FIRMWARE: "FIRMWARE",
    ComponentType.FILE: "FILE",
}
_TYPES = {purpose: type_ for type_, purpose in _PURPOSES.items()}
_TYPES |= {"ARCHIVE": ComponentType.FILE, "INSTALL": ComponentType.APPLICATION, "SOURCE": ComponentType.APPLICATION}


def component_of(package: Object, infos: Mapping[str, Object], ours: bool) -> Component:
    """What a package says; `infos` are the document's extracted licences, `ours` whether assay wrote it.

    In a document of ours the annotation says which `ref` a component has; elsewhere the SPDX id is it.
    """
    values, _ = split(package.get("annotations"))
    component = _reading(package, infos, ours)
    return restore(component, values, COMPONENT_FIELDS) if values else component


def _reading(package: Object, infos: Mapping[str, Object], ours: bool) -> Component:
    """What the SPDX fields alone say."""
    found = _purl(package)
    declared = licensing.stated(as_text(package.get("licenseDeclared")), infos)
    concluded = licensing.stated(as_text(package.get("licenseConcluded")), infos, concluded=True)
    return Component(
        name=as_text(package.get("name")),
        version=as_text(package.get("versionInfo")),
        type=_TYPES.get(as_text(package.get("primaryPackagePurpose")).replace("-", "_"), ComponentType.LIBRARY),
        namespace=found.namespace if found else "",
        ecosystem=found.type if found else "",
        purl=found,
        ref="" if ours else as_text(package.get("SPDXID")),
        licenses=declared + concluded,
        digests=_digests(package),
        supplier=agent_name(as_text(package.get("supplier")))[1],
        author=agent_name(as_text(package.get("originator")))[1],
        description=as_text(package.get("description")) or as_text(package.get("summary")),
        copyright=_asserted(package, "copyrightText"),
        cpes=tuple(_locators(package, "cpe23Type")),
        references=tuple(_references(package)),
    )


def _asserted(package: Object, field: str) -> str:
    text = as_text(package.get(field))
    return "" if text in NOTHING else text


def _locators(package: Object, kind: str) -> list[str]:
    references = map(as_object, as_list(package.get("externalRefs")))
    return [as_text(item.get("referenceLocator")) for item in references if item.get("referenceType") == kind]


def _purl(package: Object) -> Purl | None:
    for locator in _locators(package, "purl"):
        if found := purl.read(locator):
            return found
    return None


def _digests(package: Object) -> tuple[Digest, ...]:
    checksums = map(as_object, as_list(package.get("checksums")))
    texts = (f"{as_text(item.get('algorithm'))}:{as_text(item.get('checksumValue'))}" for item in checksums)
    return tuple(found for text in texts if (found := digest.find(text)))


def _references(package: Object) -> list[ExternalReference]:
    found = []
    if page := _asserted(package, "homepage"):
        found.append(ExternalReference("website", page))
    if location := _asserted(package, "downloadLocation"):
        found.append(ExternalReference("vcs" if location.startswith(_VCS) else "distribution", location))
    for item in map(as_object, as_list(package.get("externalRefs"))):
        if item.get("referenceCategory") == "OTHER":
            kind, url, comment = (as_text(item.get(key)) for key in ("referenceType", "referenceLocator", "comment"))
            found.append(ExternalReference(kind, url, comment))
    return found


def package_of(component: Component, spdx_id: str, infos: dict[str, Object], ours: bool, version: str) -> Object:
    """The package that stands for `component`; the licence texts it refers to are added to `infos`.

    A component that was read from SPDX and says the same still keeps its package as it was written.
    """
    raw = as_object(component.extra.get("spdx")) if component.extra else {}
    raw = raw if "SPDXID" in raw else {}
    if raw:
        kept = adapt_package({**raw, "SPDXID": spdx_id}, version)
        if _same(component, component_of(kept, infos, ours), ours):
            infos.update(_undefined(kept, infos) if ours else {})
            return kept
    infos.update({key: info for key, info in licensing.extracted(component.licenses).items() if key not in infos})
    old = {key: value for key, value in raw.items() if key not in _OWNED}
    package = adapt_package({**old, **_written(component, spdx_id)}, version)
    rest = different(component, _reading(package, infos, ours), COMPONENT_FIELDS)
    annotations = split(raw.get("annotations"))[1] + ([annotation(rest, "")] if rest else [])
    return {**package, "annotations": annotations} if annotations else package


def _undefined(package: Object, infos: Mapping[str, Object]) -> dict[str, Object]:
    """Texts for the licence references that a package of a merged document brings without their texts."""
    fields = (as_text(package.get(key)) for key in ("licenseDeclared", "licenseConcluded"))
    names = [name for text in fields for name in licensing.references(text) if name not in infos]
    return {name: {"licenseId": name, "extractedText": name} for name in names}


def _same(component: Component, reading: Component, ours: bool) -> bool:
    """Whether both say the same; in others' documents the scope comes from relationships."""
    return not (different(component, reading, COMPONENT_FIELDS).keys() - (set() if ours else {"scope"}))


def _written(component: Component, spdx_id: str) -> Object:
    declared = [item for item in component.licenses if item.acknowledgement is Acknowledgement.DECLARED]
    concluded = [item for item in component.licenses if item.acknowledgement is Acknowledgement.CONCLUDED]
    page, location, others = _sorted_references(component)
    package: Object = {
        "SPDXID": spdx_id,
        "name": component.name or UNNAMED,
        "versionInfo": component.version,
        "supplier": agent(component.supplier) if component.supplier else licensing.NOASSERTION,
        "originator": agent(component.author, "Person") if component.author else "",
        "downloadLocation": location or licensing.NOASSERTION,
        "filesAnalyzed": False,
        "checksums": [_checksum(item) for item in component.digests if item.algorithm in ALGORITHMS],
        "homepage": page,
        "sourceInfo": _source_info(component),
        "licenseConcluded": licensing.expression(concluded),
        "licenseDeclared": licensing.expression(declared),
        "copyrightText": component.copyright or licensing.NOASSERTION,
        "description": component.description,
        "externalRefs": _external_refs(component) + others,
        "primaryPackagePurpose": _PURPOSES.get(component.type, "OTHER"),
    }
    return {key: value for key, value in package.items() if value not in ("", [])}


_OWNED = frozenset(
    [
        "versionInfo",
        "supplier",
        "originator",
        "checksums",
        "homepage",
        "licenseConcluded",
        "licenseDeclared",
        "copyrightText",
        "description",
        "summary",
        "externalRefs",
        "annotations",
    ]
)
"""Fields that a changed component overrides even with nothing; the other fields of its old package stay."""


def _checksum(found: Digest) -> Object:
    return {"algorithm": ALGORITHMS[str(found.algorithm)], "checksumValue": found.value}


def _source_info(component: Component) -> str:
    """Where the component was seen, for people; the annotation says it for programs."""
    seen = [f"{item.path} (layer {item.layer})" if item.layer >= 0 else item.path for item in component.occurrences[:3]]
    more = len(component.occurrences) - len(seen)
    return ("found in: " + ", ".join(seen) + (f" and {more} more" if more else "")) if seen else ""


def _external_refs(component: Component) -> list[Json]:
    refs: list[Json] = [_external_ref("SECURITY", "cpe23Type", cpe) for cpe in component.cpes]
    if component.purl is not None:
        refs.append(_external_ref("PACKAGE-MANAGER", "purl", str(component.purl)))
    return refs


def _external_ref(category: str, kind: str, locator: str, comment: str = "") -> Object:
    ref: Object = {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}
    return {**ref, "comment": comment} if comment else ref


def _sorted_references(component: Component) -> tuple[str, str, list[Json]]:
    """The home page, the download location, and the rest; an address with blanks fits none of them."""
    page = location = ""
    others: list[Json] = []
    for item in component.references:
        if not item.url or len(item.url.split()) != 1:
            continue
        if item.type == "website" and not page and _is_web(item.url):
            page = item.url
        elif (item.type == "distribution" and not location and _is_web(item.url)) or (
            item.type == "vcs" and not location and item.url.startswith(_VCS)
        ):
            location = item.url
        elif item.type.replace("-", "").isalnum():
            others.append(_external_ref("OTHER", item.type, item.url, item.comment))
    return page, location, others


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://", "ftp://")) and url.isascii()
