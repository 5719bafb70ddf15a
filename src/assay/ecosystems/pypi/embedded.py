"""SBOMs that a wheel brings along (PEP 770): ``NAME.dist-info/sboms/*``, mostly CycloneDX JSON, of any format.

::

    {"bomFormat": "CycloneDX", "metadata": {"component": {"bom-ref": "root", ...}},
     "components": [{"bom-ref": "a", "name": "log", "version": "0.4.29", "purl": "pkg:cargo/log@0.4.29"}],
     "dependencies": [{"ref": "root", "dependsOn": ["a"]}]}

The root of the document is the distribution itself or a part of it; what it depends on, and what nothing in the
document needs (many state no edges at all), becomes a dependency of the distribution (`assembly`).
"""

from __future__ import annotations

from assay.formats import sbom_contents, sbom_document
from assay.formats.detect import detect
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped


def parse(file: File) -> Found:
    """The components of an embedded SBOM, and the edges between them."""
    kind = detect(file.data)
    if kind is None or not kind.format.startswith(("cyclonedx", "spdx")):
        return Found(skipped=(Skipped(file.path, "an embedded SBOM of no known format"),))
    found = sbom_contents.contents(sbom_document.read(file.data), bundled=True)
    return Found(found.components, found.edges, facts={"sbom": (file.folder.rpartition("/")[0], found.top)})
