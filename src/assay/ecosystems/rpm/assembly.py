"""The distribution completes the purls: namespace and ``distro``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assay.model.component import Component
from assay.model.ecosystem import Located
from assay.model.sbom import Distribution

_NAMESPACES = {"rhel": "redhat", "opensuse-leap": "opensuse", "opensuse-tumbleweed": "opensuse"}
"""Where the purl of a distribution is not its ``ID`` (purl-spec, type rpm)."""


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """The files with completed components."""
    if distribution is None:
        return files
    namespace = _NAMESPACES.get(distribution.id, distribution.id.lower())
    distro = f"{distribution.id}-{distribution.version_id}".rstrip("-")
    result = []
    for located in files:
        components = tuple(_complete(item, namespace, distro) for item in located.found.components)
        result.append(replace(located, found=replace(located.found, components=components)))
    return result


def _complete(item: Component, namespace: str, distro: str) -> Component:
    if item.purl is None:
        return item
    qualifiers = tuple(sorted((*item.purl.qualifiers, ("distro", distro))))
    return replace(item, namespace=namespace, purl=replace(item.purl, namespace=namespace, qualifiers=qualifiers))
