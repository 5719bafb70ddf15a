"""The distribution completes the purls: namespace and ``distro``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assay.formats import os_release
from assay.model.ecosystem import Located
from assay.model.sbom import Distribution

_NAMESPACES = {"rhel": "redhat", "opensuse-leap": "opensuse", "opensuse-tumbleweed": "opensuse"}
"""Where the purl of a distribution is not its ``ID`` (purl-spec, type rpm)."""


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The files with completed components."""
    system_of = os_release.systems(files, distribution)
    result = []
    for located in files:
        found, system = located.found, system_of(located.found.root)
        if system is not None:
            namespace = _NAMESPACES.get(system.id, system.id.lower())
            components = tuple(os_release.complete(item, namespace, system) for item in found.components)
            located = replace(located, found=replace(found, components=components))
        result.append(located)
    return result
