"""What the files of one snap say of each other.

A base snap lists its packages without a word on their release, which its name tells: ``core22`` is made of Ubuntu
22.04, and ``core`` of 16.04. What snapcraft records of the project within the snap (``snap/snapcraft.yaml``) is the
snap once more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assay.formats import purl
from assay.model.component import Component
from assay.model.ecosystem import Located
from assay.model.sbom import Distribution

_META, _PROJECT, _PACKAGES = "meta/snap.yaml", "snap/snapcraft.yaml", "usr/share/snappy/dpkg.yaml"
_BASE = re.compile(r"core(\d\d)(?:-desktop)?")


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The packages of base snaps with their release, and no project where the snap itself is."""
    snaps = {file.path.removesuffix(_META): _name(file) for file in files if file.path.endswith(_META)}
    return [_within(file, snaps) for file in files]


def _name(file: Located) -> str:
    return next((item.name for item in file.found.components), "")


def _within(file: Located, snaps: dict[str, str]) -> Located:
    if file.path.endswith(_PROJECT) and file.path.removesuffix(_PROJECT) in snaps:
        return replace(file, found=replace(file.found, components=(), needs=()))
    if file.path.endswith(_PACKAGES):
        release = _release(snaps.get(file.path.removesuffix(_PACKAGES), ""))
        if release:
            components = tuple(_of(item, f"ubuntu-{release}") for item in file.found.components)
            return replace(file, found=replace(file.found, components=components))
    return file


def _release(base: str) -> str:
    if base == "core":
        return "16.04"
    match = _BASE.fullmatch(base)
    return f"{match[1]}.04" if match else ""


def _of(package: Component, distro: str) -> Component:
    assert package.purl is not None
    qualifiers = {**dict(package.purl.qualifiers), "distro": distro}
    identity = purl.build("deb", package.purl.name, package.version, package.purl.namespace, qualifiers)
    return replace(package, purl=identity)
