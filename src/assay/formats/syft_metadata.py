"""The part of a syft-json artifact that depends on its kind: names, and the metadata that matchers read.

A matcher needs the source package of a deb or apk (``pkg:deb/debian/libc6?upstream=glibc``), the source and the
epoch of an rpm, and the group of a Java archive; all of them are in the purl. The module stream of an rpm is not in
every purl, and is read from the metadata.
"""

from __future__ import annotations

from collections.abc import Callable

from assay.formats.json import Object, as_text
from assay.model.component import Component, Property
from assay.model.purl import Purl

_SEPARATORS = {"npm": "/", "golang": "/", "composer": "/", "github": "/", "swift": "/", "terraform": "/"}
"""Types whose name in syft-json holds the namespace."""


def full_name(component: Component) -> str:
    """``@babel/core``; groups of Java and distributions of deb are no part of the name."""
    separator = _SEPARATORS.get(component.purl.type if component.purl else "")
    namespace = component.purl.namespace if component.purl else ""
    if separator and namespace and not component.name.startswith(namespace + separator):
        return f"{namespace}{separator}{component.name}"
    return component.name


def split_name(name: str, package: Purl | None) -> tuple[str, str]:
    """The namespace and the name of an artifact."""
    if package is None:
        return "", name
    return package.namespace, name.removeprefix(f"{package.namespace}/") if package.type in _SEPARATORS else name


def write(component: Component, kind: str) -> Object:
    """The metadata of that kind; empty for a kind that has none here."""
    writer = _WRITERS.get(kind)
    return writer(component, component.purl) if writer is not None and component.purl is not None else {}


def facts(metadata: Object) -> tuple[Property, ...]:
    """What only the metadata says: the module stream of an rpm, by which its advisories are chosen."""
    label = as_text(metadata.get("modularityLabel"))
    return (Property(_MODULARITY, label),) if label else ()


_MODULARITY = "assay:rpm:modularity-label"


def _upstream(package: Purl) -> tuple[str, str]:
    source, _, version = package.qualifier("upstream").partition("@")
    return source, version


def _dpkg(component: Component, package: Purl) -> Object:
    source, version = _upstream(package)
    return {
        "package": component.name,
        "source": source,
        "version": component.version,
        "sourceVersion": version,
        "architecture": package.qualifier("arch"),
        "maintainer": component.supplier,
        "installedSize": 0,
        "files": [],
    }


def _apk(component: Component, package: Purl) -> Object:
    return {
        "package": component.name,
        "originPackage": _upstream(package)[0],
        "maintainer": component.supplier,
        "version": component.version,
        "architecture": package.qualifier("arch"),
        "url": "",
        "description": component.description,
        "size": 0,
        "installedSize": 0,
        "pullDependencies": [],
        "provides": [],
        "pullChecksum": "",
        "gitCommitOfApkPort": "",
        "files": [],
    }


def _rpm(component: Component, package: Purl) -> Object:
    _, _, evr = component.version.rpartition(":")
    version, _, release = evr.partition("-")
    epoch = package.qualifier("epoch") or component.version.partition(":")[0] * (":" in component.version)
    label = next((fact.value for fact in component.properties if fact.name == _MODULARITY), "")
    written: Object = {"modularityLabel": label} if label else {}
    return written | {
        "name": component.name,
        "version": version,
        "epoch": int(epoch) if epoch.isascii() and epoch.isdigit() and len(epoch) < 10 else None,
        "architecture": package.qualifier("arch"),
        "release": release,
        "sourceRpm": package.qualifier("upstream"),
        "size": 0,
        "vendor": component.supplier,
        "files": [],
    }


def _alpm(component: Component, package: Purl) -> Object:
    return {
        "basepackage": _upstream(package)[0] or component.name,
        "package": component.name,
        "version": component.version,
        "description": component.description,
        "architecture": package.qualifier("arch"),
        "size": 0,
        "packager": component.supplier,
        "url": "",
        "validation": "",
        "reason": 0,
        "files": [],
        "backup": [],
    }


def _java(component: Component, package: Purl) -> Object:
    path = component.occurrences[0].path.replace("!/", ":") if component.occurrences else ""
    properties: Object = {"path": "", "name": "", "groupId": package.namespace, "artifactId": package.name}
    written: Object = {"virtualPath": f"/{path}", "pomProperties": properties | {"version": component.version}}
    digests = [item for item in component.digests if item.algorithm == "sha1"]
    if digests:
        written["digest"] = [{"algorithm": "sha1", "value": item.value} for item in digests]
    return written


_WRITERS: dict[str, Callable[[Component, Purl], Object]] = {
    "dpkg-db-entry": _dpkg,
    "apk-db-entry": _apk,
    "rpm-db-entry": _rpm,
    "alpm-db-entry": _alpm,
    "java-archive": _java,
}
