"""Which source package a package of an operating system was built from, and its whole version.

assay and Syft say it in the purl: ``pkg:deb/debian/libssl3@3.0.11-1?upstream=openssl``. Trivy says it beside the purl,
in properties of CycloneDX (``aquasecurity:trivy:SrcName``, ``SrcEpoch``, ``SrcVersion``, ``SrcRelease``) and in SPDX as
``"sourceInfo": "built package from: openssl 3.0.11-1"``. Where version and purl differ, as in SPDX files whose
``versionInfo`` lacks the release, the purl counts.
"""

from __future__ import annotations

import re

from assay.model.component import Component

_SOURCE_RPM = re.compile(r"(?P<name>.+)-(?P<version>[^-]+-[^-]+)\.(?:no)?src\.rpm\Z")
_BUILT_FROM = re.compile(r"built package from: (?P<name>\S+)(?: (?P<version>\S+))?\s*\Z")
_TRIVY = "aquasecurity:trivy:Src"


def version(component: Component) -> str:
    """The version; an epoch that the purl tells beside it (rpm), or that only the other version has, is put before."""
    purl, found = component.purl, component.version
    if purl is None:
        return found
    own, colon, plain = found.partition(":")
    epoch = purl.qualifier("epoch") or (own if colon and own.isdecimal() else "")
    if purl.version and purl.version != plain:
        found = purl.version
    return f"{epoch}:{found}" if epoch and epoch != "0" and ":" not in found else found


def source(component: Component, installed: str) -> tuple[str, str]:
    """Name and version of the source package of what is `installed` in this version; the same where nobody tells."""
    upstream = component.purl.qualifier("upstream") if component.purl is not None else ""
    if upstream:
        return _of_purl(upstream, installed)
    name, other = _of_properties(component) or _of_spdx(component) or ("", "")
    return name or component.name, other or installed


def _of_purl(upstream: str, installed: str) -> tuple[str, str]:
    match = _SOURCE_RPM.match(upstream)
    if match:  # a source rpm has the epoch of its packages
        epoch = installed.partition(":")[0] + ":" if ":" in installed else ""
        return match["name"], epoch + match["version"]
    name, _, other = upstream.partition("@")
    return name, other or installed


def _of_properties(component: Component) -> tuple[str, str] | None:
    told = {fact.name[len(_TRIVY) :]: fact.value for fact in component.properties if fact.name.startswith(_TRIVY)}
    if not told.get("Name"):
        return None
    epoch, plain, release = (told.get(part, "") for part in ("Epoch", "Version", "Release"))
    whole = f"{plain}-{release}" if plain and release else plain
    return told["Name"], f"{epoch}:{whole}" if whole and epoch not in ("", "0") else whole


def _of_spdx(component: Component) -> tuple[str, str] | None:
    document = component.extra.get("spdx")
    told = document.get("sourceInfo") if isinstance(document, dict) else None
    match = _BUILT_FROM.match(told) if isinstance(told, str) else None
    return (match["name"], match["version"] or "") if match else None
