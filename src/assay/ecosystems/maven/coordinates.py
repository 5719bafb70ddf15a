"""Maven coordinates as components (Maven, "POM Reference", "Maven Coordinates").

A version of the form ``1.0`` is what Maven takes; ``[1.0]`` is that version exactly, ``[1.0,2.0)`` a range.
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import purl
from assay.model.component import Component, ComponentType, Presence, Property, Scope

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,200}")


def component(
    group: str,
    artifact: str,
    version: str,
    presence: Presence,
    kind: ComponentType = ComponentType.LIBRARY,
    qualifiers: dict[str, str] | None = None,
    *,
    scope: Scope = Scope.REQUIRED,
    properties: tuple[Property, ...] = (),
) -> Component:
    """The component; without a group (a jar that does not tell it) it has a purl of the type generic."""
    version, version_range = split(version)
    where = {key: value for key, value in (qualifiers or {}).items() if value and (key, value) != ("type", "jar")}
    identity = (
        purl.build("maven", artifact, version, group, where) if group else purl.build("generic", artifact, version)
    )
    return Component(
        artifact,
        version,
        kind,
        group,
        "maven",
        identity,
        presence=presence,
        scope=scope,
        version_range=version_range,
        properties=properties,
    )


def find(group: str, artifact: str, version: str, presence: Presence) -> Component | None:
    """As `component`, None for names that no repository would take."""
    if not _NAME.fullmatch(artifact) or (group and not _NAME.fullmatch(group)):
        return None
    try:
        return component(group, artifact, version, presence)
    except Malformed:
        return None


def split(version: str) -> tuple[str, str]:
    """(exact version, range), of which one at least is empty."""
    version = "".join(version.split()) if version[:1] in "[(" else version.strip()
    if version.startswith("[") and version.endswith("]") and "," not in version:
        return version[1:-1], ""
    if version[:1] in ("[", "(") or version.endswith("+") or version.startswith("latest."):
        return "", version
    return version, ""


def key(component: Component) -> str:
    """The name by which others need it: ``group:artifact``."""
    return f"{component.namespace}:{component.name}"
