"""Package URLs, one a line; ``#`` starts a comment, at the beginning of a line or after a space.

::

    pkg:deb/debian/bash@5.2.15-2?arch=amd64&distro=debian-12
    pkg:npm/lodash@4.17.21
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed
from assay.formats import purl
from assay.model.component import Component, ComponentType
from assay.model.purl import Purl
from assay.model.sbom import Sbom, Skipped

MAX_BYTES = 64 << 20


def write(sbom: Sbom, version: str = "") -> bytes:
    """Each purl once, sorted."""
    del version
    lines = sorted({str(component.purl) for component in sbom.components if component.purl is not None})
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def read(data: bytes) -> Sbom:
    """A component for each line; lines that are no purl are in `skipped`.

    Raises `Malformed` when there is no purl at all, `LimitExceeded` for too much of them.
    """
    found: dict[str, Component] = {}
    skipped = []
    for number, text in lines(data):
        package = purl.read(text)
        if package is None:
            skipped.append(Skipped(f"line {number}", f"not a purl: {text[:80]!r}"))
        else:
            component = listed(package)
            found[component.id] = component
    if not found:
        raise Malformed("no purl in it", "a purl is written pkg:TYPE/NAME@VERSION")
    components = tuple(found[key] for key in sorted(found))
    subject = Component("purls", type=ComponentType.APPLICATION)
    return Sbom(subject, components, skipped=tuple(skipped), source_format="purls")


def lines(data: bytes) -> Iterator[tuple[int, str]]:
    """What stands in each line, with its number from 1; comments and empty lines are passed over."""
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"purl list of {len(data)} bytes (at most {MAX_BYTES})")
    for number, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1):
        text = re.split(r"\s#", line, maxsplit=1)[0].strip()
        if text and not text.startswith("#"):
            yield number, text


def listed(package: Purl) -> Component:
    """The component of which nothing but the purl is known."""
    return Component(package.name, package.version, namespace=package.namespace, ecosystem=package.type, purl=package)


def losses(sbom: Sbom, version: str = "") -> tuple[str, ...]:
    """A list of purls holds nothing else."""
    del version
    without = sum(component.purl is None for component in sbom.components)
    first = ["anything but the purls of the components"] if sbom.components else []
    return (*first, *([f"{without} components without a purl"] if without else []))
