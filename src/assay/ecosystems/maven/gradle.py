"""Gradle: dependency locks, version catalogs, dependency verification (Gradle User Manual).

::

    org.example:text:2.1=compileClasspath,testRuntimeClasspath      gradle.lockfile
    text = { module = "org.example:text", version.ref = "text" }    libs.versions.toml, table [libraries]
    <component group="org.example" name="text" version="2.1">       verification-metadata.xml
       <artifact name="text-2.1.jar"><sha256 value="..."/></artifact></component>
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assay.ecosystems.maven import coordinates
from assay.errors import Malformed
from assay.formats import digest, toml, xml
from assay.formats.json import Json, Object, as_object, as_text
from assay.model.component import Component, Presence, Scope
from assay.model.digest import Digest
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DEVELOPMENT = ("test", "checkstyle", "pmd", "spotbugs", "jacoco", "annotationprocessor", "developmentonly")


def parse_lock(file: File) -> Found:
    """The locked modules; what only tests, the build itself or its tools use is out of scope (`excluded`)."""
    components: dict[str, Component] = {}
    build = file.name.startswith(("buildscript-", "settings-"))
    broken = 0
    for line in file.text.split("\n"):
        line = line.strip()
        if not line or line.startswith(("#", "empty=")):
            continue
        module, _, configurations = line.partition("=")
        component = _module(module)
        if component is None:
            broken += 1
            continue
        if build or _only_development(configurations):
            component = replace(component, scope=Scope.EXCLUDED)
        components[component.id] = component
    reason = f"{broken} lines are no locked modules"
    return Found(tuple(components.values()), skipped=(Skipped(file.path, reason),) if broken else ())


def _module(text: str) -> Component | None:
    parts = text.strip().split(":")
    if len(parts) != 3 or not all(parts):
        return None
    return coordinates.find(parts[0], parts[1], parts[2], Presence.DECLARED)


def _only_development(configurations: str) -> bool:
    names = [name.strip().lower() for name in configurations.split(",") if name.strip()]
    return bool(names) and all(name.startswith(_DEVELOPMENT) or name.endswith("testcompileclasspath") for name in names)


def parse_catalog(file: File) -> Found:
    """The libraries of a version catalog; plugins have other names, and bundles only group libraries."""
    document = toml.load(file.data)
    versions = as_object(document.get("versions"))
    found: dict[str, Component] = {}
    skipped = []
    for alias, library in as_object(document.get("libraries")).items():
        component = _library(library, versions)
        if component is None:
            skipped.append(Skipped(file.path, f"the library {alias[:80]} has no group and name"))
        else:
            found.setdefault(component.id, component)
    return Found(tuple(found.values()), skipped=tuple(skipped))


def _library(library: Json, versions: Object) -> Component | None:
    if isinstance(library, str):
        group, name, version = [*library.split(":"), "", ""][:3]
    else:
        details = as_object(library)
        group, _, name = as_text(details.get("module")).partition(":")
        group, name = group or as_text(details.get("group")), name or as_text(details.get("name"))
        version = _version(details.get("version"), versions)
    return coordinates.find(group, name, version, Presence.DECLARED) if group and name else None


def _version(value: Json, versions: Object) -> str:
    """A version, a reference to one, or a rich version, of which the strictest part counts."""
    if isinstance(value, str):
        return value
    details = as_object(value)
    if "ref" in details:
        referred = versions.get(as_text(details["ref"]))
        return as_text(referred) if not isinstance(referred, dict) else _version(referred, {})
    keys = ("strictly", "require", "prefer")
    return next((text for key in keys if (text := as_text(details.get(key)))), "")


def parse_verification(file: File) -> Found:
    """The verified modules with the checksums of their jars."""
    root = xml.load(file.data)
    if xml.local(root) != "verification-metadata":
        raise Malformed(f"not dependency verification but <{xml.local(root)[:80]}>")
    components = xml.child(root, "components")
    found: dict[str, Component] = {}
    for element in xml.children(components, "component") if components is not None else ():
        component = _verified(element)
        if component is not None:
            found.setdefault(component.id, component)
    return Found(tuple(found.values()))


def _verified(element: Element) -> Component | None:
    group, name, version = (element.get(key, "") for key in ("group", "name", "version"))
    component = coordinates.find(group, name, version, Presence.DECLARED) if group and name else None
    if component is None:
        return None
    wanted = f"{name}-{version}."
    artifacts = [item for item in xml.children(element, "artifact") if item.get("name", "").startswith(wanted)]
    best = next((item for item in artifacts if not item.get("name", "").endswith((".pom", ".module"))), None)
    return replace(component, digests=_digests(best) if best is not None else ())


def _digests(artifact: Element) -> tuple[Digest, ...]:
    found = (digest.find(f"{xml.local(item)}:{item.get('value', '')}") for item in artifact)
    return tuple(item for item in found if item is not None)
