"""NuGet packages as components, and NuGet's version language (NuGet, "Package versioning").

A bare ``1.0`` asks for at least that and gets exactly that as long as nothing else asks for more, so it counts as the
version; ``[1.0]`` is exact; ``[1.0,2.0)``, ``(,1.0]`` and ``1.*`` are ranges.
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import purl
from assay.model.component import Component, ComponentType, Presence, Scope

_NAME = re.compile(r"[\w.\-/]{1,200}")
_EXACT = re.compile(r"\[\s*([^,\s\[\]]+)\s*\]")


def component(
    name: str,
    version: str,
    presence: Presence,
    kind: ComponentType = ComponentType.LIBRARY,
    scope: Scope = Scope.REQUIRED,
) -> Component | None:
    """The component of a package; None for names that no gallery would take."""
    exact, version_range = split(version)
    try:
        identity = purl.build("nuget", name, exact) if _NAME.fullmatch(name) else None
    except Malformed:
        return None
    if identity is None:
        return None
    return Component(
        name,
        exact,
        kind,
        ecosystem="nuget",
        purl=identity,
        presence=presence,
        scope=scope,
        version_range=version_range,
    )


def split(version: str) -> tuple[str, str]:
    """(version, range), of which one at least is empty."""
    version = version.strip()
    match = _EXACT.fullmatch(version)
    if match is not None:
        return match[1], ""
    if version[:1] in ("[", "(") or "*" in version or "$(" in version or " " in version:
        return "", "" if "$(" in version else version
    return version, ""
