"""``installed/vcpkg/status`` and ``installed/vcpkg/updates/0000000001`` (vcpkg, `StatusParagraphs`), in dpkg's manner.

::

    Package: zlib
    Version: 1.3.1
    Port-Version: 2
    Depends: vcpkg-cmake
    Architecture: x64-linux
    Status: install ok installed

A paragraph with `Feature` adds to the package before it. Host tools have a triplet of their own in `Depends`:
``vcpkg-cmake:x64-linux``. What happens after the status was written lies in updates, a paragraph each, in the order of
their names; the last word on a package counts, and what was removed keeps its paragraph (``purge ok not-installed``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from assay.errors import Malformed
from assay.formats import purl
from assay.model.component import Component
from assay.model.ecosystem import File, Found, Located, Need
from assay.model.sbom import Distribution

_NEED = re.compile(r"([a-z0-9-]+)(?:\[[^\]]*\])?(?::([\w-]+))?")
_INSTALLED = "install ok installed"
_UPDATES = "/updates"
_KEPT = ("Package", "Architecture", "Feature", "Status", "Version", "Port-Version", "Depends", "Description")

Paragraph = Mapping[str, str]
Key = tuple[str, str]
"""Name and triplet of a port."""


def parse(file: File) -> Found:
    """The installed ports, one for each triplet, with what they need; `assemble` has the last word."""
    paragraphs = [item for item in _paragraphs(file.text) if item.get("Package")]
    if not paragraphs and file.text.strip():
        raise Malformed("no status file of vcpkg")
    if not paragraphs:
        return Found()
    return replace(_found(file.path, paragraphs, _last(paragraphs)), facts={"paragraphs": paragraphs})


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """Each port where the last word on it is, with the features that other updates add.

    Of a file that several layers have the last one counts; the others speak for themselves.
    """
    databases: dict[str, dict[str, Located]] = {}
    for file in files:
        if "paragraphs" in file.found.facts:
            parts = databases.setdefault(_database(file.path), {})
            parts[file.path] = max(file, parts.get(file.path, file), key=lambda item: item.layer)
    told = {folder: _last(_all(sorted(parts.values(), key=_order))) for folder, parts in databases.items()}
    return [
        replace(file, found=_found(file.path, _all([file]), told[_database(file.path)]))
        if databases.get(_database(file.path), {}).get(file.path) is file
        else file
        for file in files
    ]


def _database(path: str) -> str:
    return path.rpartition("/")[0].removesuffix(_UPDATES)


def _order(file: Located) -> tuple[bool, str]:
    folder, _, name = file.path.rpartition("/")
    return folder.endswith(_UPDATES), name


def _all(files: Iterable[Located]) -> list[Paragraph]:
    return [item for file in files for item in cast(list[Paragraph], file.found.facts["paragraphs"])]


def _last(paragraphs: Iterable[Paragraph]) -> dict[Key, dict[str, Paragraph]]:
    """The last word on each port: its own paragraph under the empty name, and those of its features."""
    ports: dict[Key, dict[str, Paragraph]] = {}
    for paragraph in paragraphs:
        port = ports.setdefault(_key(paragraph), {})
        feature = paragraph.get("Feature", "")
        if not feature and paragraph.get("Status") != _INSTALLED:
            port.clear()
        port[feature] = paragraph
    return ports


def _key(paragraph: Paragraph) -> Key:
    return paragraph["Package"], paragraph.get("Architecture", "")


def _found(path: str, own: Iterable[Paragraph], ports: Mapping[Key, Mapping[str, Paragraph]]) -> Found:
    """What `ports` says of those whose last word is among the paragraphs of this file."""
    components: dict[Key, Component] = {}
    needs: list[Need] = []
    for paragraph in own:
        key = _key(paragraph)
        port = ports[key]
        if port.get("") is not paragraph or paragraph.get("Status") != _INSTALLED:
            continue  # what is said again is the last word only where it is said last
        components[key] = _component(paragraph, *key)
        for part in port.values():
            if part.get("Status") == _INSTALLED:
                needs.extend(_needs(components[key].id, part.get("Depends", ""), key[1]))
    provides = tuple((f"{name}:{triplet}", item.id) for (name, triplet), item in components.items())
    return Found(tuple(components.values()), needs=tuple(needs), provides=provides, scope=_database(path))


def _needs(dependent: str, depends: str, triplet: str) -> Iterable[Need]:
    for match in map(_NEED.match, depends.split(", ")):
        if match:
            yield Need(dependent, (f"{match[1]}:{match[2] or triplet}", match[1]))


def _paragraphs(text: str) -> list[dict[str, str]]:
    paragraphs: list[dict[str, str]] = [{}]
    for line in text.splitlines():
        if not line.strip():
            if paragraphs[-1]:
                paragraphs.append({})
        elif not line.startswith((" ", "\t")):
            key, _, value = line.partition(":")
            if key in _KEPT:
                paragraphs[-1][key] = value.strip()
    return paragraphs


def _component(paragraph: Paragraph, name: str, triplet: str) -> Component:
    version, _, port = paragraph.get("Version", "").partition("#")
    port = paragraph.get("Port-Version", port)
    qualifiers = {"port_version": "" if port == "0" else port, "triplet": triplet}
    return Component(
        name,
        version,
        purl=purl.attempt("vcpkg", name, version, qualifiers=qualifiers),
        description=paragraph.get("Description", ""),
    )
