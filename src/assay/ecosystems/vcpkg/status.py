"""``installed/vcpkg/status`` (vcpkg, `StatusParagraphs`): paragraphs in the manner of dpkg.

::

    Package: zlib
    Version: 1.3.1
    Port-Version: 2
    Depends: vcpkg-cmake
    Architecture: x64-linux
    Status: install ok installed

A paragraph with `Feature` adds to the package before it. Host tools have a triplet of their own in `Depends`:
``vcpkg-cmake:x64-linux``.
"""

from __future__ import annotations

import re

from assay.errors import Malformed
from assay.formats import purl
from assay.model.component import Component
from assay.model.ecosystem import File, Found, Need

_NEED = re.compile(r"([a-z0-9-]+)(?:\[[^\]]*\])?(?::([\w-]+))?")


def parse(file: File) -> Found:
    """The installed ports, one for each triplet, with what they need."""
    components: dict[tuple[str, str], Component] = {}
    needed: list[tuple[tuple[str, str], str]] = []
    for paragraph in _paragraphs(file.text):
        name, triplet = paragraph.get("Package", ""), paragraph.get("Architecture", "")
        if not name or paragraph.get("Status") != "install ok installed":
            continue
        key = name, triplet
        if "Feature" not in paragraph:
            components[key] = _component(paragraph, name, triplet)
        needed.append((key, paragraph.get("Depends", "")))
    if not components and file.text.strip() and "Package:" not in file.text:
        raise Malformed("no status file of vcpkg")
    needs = tuple(
        Need(components[key].id, (f"{match[1]}:{match[2] or key[1]}", match[1]))
        for key, depends in needed
        for match in map(_NEED.match, depends.split(", "))
        if match and key in components
    )
    provides = tuple((f"{name}:{triplet}", item.id) for (name, triplet), item in components.items())
    return Found(tuple(components.values()), needs=needs, provides=provides, scope=file.folder)


def _paragraphs(text: str) -> list[dict[str, str]]:
    paragraphs: list[dict[str, str]] = [{}]
    for line in text.splitlines():
        if not line.strip():
            if paragraphs[-1]:
                paragraphs.append({})
        elif not line.startswith((" ", "\t")):
            key, _, value = line.partition(":")
            paragraphs[-1][key] = value.strip()
    return paragraphs


def _component(paragraph: dict[str, str], name: str, triplet: str) -> Component:
    version, _, port = paragraph.get("Version", "").partition("#")
    port = paragraph.get("Port-Version", port)
    qualifiers = {"port_version": "" if port == "0" else port, "triplet": triplet}
    return Component(
        name,
        version,
        purl=purl.attempt("vcpkg", name, version, qualifiers=qualifiers),
        description=paragraph.get("Description", ""),
    )
