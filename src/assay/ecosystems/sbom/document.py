"""An SBOM document inside an image or a folder: what it lists is there, because somebody vouches for it.

::

    usr/share/sbom/app.cdx.json      {"bomFormat": "CycloneDX", "components": [{"purl": "pkg:npm/a@1", ...}]}
    var/lib/db/sbom/zlib.spdx.json   {"spdxVersion": "SPDX-2.3", "packages": [...], "relationships": [...]}

What counts as a component, and what is only declared, says `assay.formats.sbom_contents`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assay.errors import Malformed
from assay.formats import sbom_contents, sbom_document
from assay.formats.detect import detect
from assay.model.component import Component, ComponentType
from assay.model.ecosystem import File, Found, Located
from assay.model.sbom import Distribution, Skipped

_PROMISED = (".cdx.json", ".cdx.xml", ".spdx.json", ".syft.json")
"""A file of this name that is no SBOM is told; a ``bom.json`` may be anything."""
_READ = ("cyclonedx", "spdx", "syft")
_ELSEWHERE = re.compile(r"\.dist-info/sboms/|opt/bitnami/|(?:^|/)Cellar/[^/]+/[^/]+/sbom\.spdx\.json$")
"""Read by the ecosystem that they belong to, or (Homebrew's) of a keg that the receipt beside them tells more of."""
_OF_FOLDER = "folder"
"""The fact that a document is one of ours about a folder."""


def parse(file: File) -> Found:
    """The components of the document and the edges between them; nothing for a file that is no SBOM."""
    if _ELSEWHERE.search(file.path):
        return Found()
    data = file.data
    kind = detect(data)
    if kind is None or not kind.format.startswith(_READ):
        if file.path.endswith(_PROMISED):
            raise Malformed("not an SBOM of any known format")
        return Found()
    sbom = sbom_document.read(data)
    found = sbom_contents.contents(sbom)
    ours = sbom_contents.is_ours(sbom)  # what was skipped then is no fault of the document
    return Found(
        found.components,
        found.edges,
        skipped=() if ours else tuple(Skipped(file.path, item.reason) for item in sbom.skipped),
        facts={_OF_FOLDER: True} if ours and _is_folder(sbom.subject) else {},
    )


def assemble(files: Sequence[Located], distribution: Distribution | None) -> Sequence[Located]:
    """A document of ours about a folder says nothing in a folder: it would keep what has long gone from there."""
    return [
        replace(file, found=Found(skipped=file.found.skipped))
        if file.layer < 0 and file.found.facts.get(_OF_FOLDER)
        else file
        for file in files
    ]


def _is_folder(subject: Component) -> bool:
    return subject.type is ComponentType.APPLICATION and subject.purl is None
