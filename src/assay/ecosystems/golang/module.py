"""Modules as components: paths, versions, replacements (The Go Modules Reference, "Module paths",
"Versions").
"""

from __future__ import annotations

import re

from assay.formats import purl, spdx_license
from assay.model.component import Component, ComponentType, Presence, Property

STANDARD_LIBRARY = "stdlib"
_DEVELOPMENT = "(devel)"
_RELEASE = re.compile(r"(?:go)?(\d[\w.+~]{0,60})(?:-.*)?")  # a suffix names who built the toolchain


def component(
    path: str,
    version: str,
    presence: Presence,
    kind: ComponentType = ComponentType.LIBRARY,
    properties: tuple[Property, ...] = (),
) -> Component:
    """The component of a module; a path on the local disk (``./fork``) has neither version nor purl."""
    version = "" if version == _DEVELOPMENT else version
    if is_local(path):
        return Component(path, "", kind, ecosystem="golang", presence=presence, properties=properties)
    namespace, _, name = path.rpartition("/")
    return Component(
        path,
        version,
        kind,
        ecosystem="golang",
        purl=purl.build("golang", name, version, namespace),
        presence=presence,
        properties=properties,
    )


def is_local(path: str) -> bool:
    """Whether the target of a replacement is a folder: those begin with ``./``, ``../`` or a root."""
    return path.startswith(("./", "../", "/", ".\\", "..\\")) or path in (".", "..") or path[1:3] == ":\\"


def standard_library(release: str, presence: Presence, minimum: bool = False) -> Component | None:
    """The standard library of a Go release (``go1.26.8``, ``1.21``); None where `release` names no version.

    A `minimum`, as the ``go`` line of a module states it, is a range.
    """
    words = release.split()
    match = _RELEASE.fullmatch(words[0]) if words else None
    if match is None:
        return None
    version = "" if minimum else match[1]
    return Component(
        STANDARD_LIBRARY,
        version,
        ecosystem="golang",
        purl=purl.build("golang", STANDARD_LIBRARY, version),
        presence=presence,
        version_range=f">={match[1]}" if minimum else "",
        licenses=spdx_license.normalise("BSD-3-Clause"),
        supplier="The Go Authors",
        cpes=(f"cpe:2.3:a:golang:go:{match[1]}:*:*:*:*:*:*:*",) if _plain(version) else (),
    )


def _plain(version: str) -> bool:
    return bool(version) and version.replace(".", "").isdigit()


def replaced(path: str, version: str) -> Property:
    """The property that remembers what a replacement stands for."""
    return Property("assay:golang:replaces", f"{path}@{version}" if version else path)
