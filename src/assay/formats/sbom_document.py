"""Any SBOM document, read: whichever of the known formats it is in, also inside an in-toto envelope."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from assay.errors import Malformed
from assay.formats.detect import detect, unwrap
from assay.model.sbom import Sbom

READERS = {
    "cyclonedx-json": "assay.formats.cyclonedx.json_reader:read",
    "cyclonedx-xml": "assay.formats.cyclonedx.xml_reader:read",
    "spdx-json": "assay.formats.spdx.documents:read",
    "spdx-yaml": "assay.formats.spdx.documents:read",
    "spdx-tag-value": "assay.formats.spdx.documents:read",
    "syft-json": "assay.formats.syft_json:read",
    "purls": "assay.formats.purl_list:read",
}
"""``module:function`` by the name of the format, each ``function(data: bytes) -> Sbom``."""

REMEDY = "CycloneDX, SPDX, Syft's JSON and lists of purls are read; `assay sbom validate` checks one"


def read(data: bytes) -> Sbom:
    """The noun; raises `Malformed` for what is no SBOM, or one in a format that can only be written."""
    found = detect(data)
    if found is None:
        raise Malformed("not an SBOM of any known format")
    if found.format not in READERS:
        raise Malformed(f"{found.format} documents cannot be read back")
    module, _, function = READERS[found.format].partition(":")
    reader = cast("Callable[[bytes], Sbom]", getattr(importlib.import_module(module), function))
    return reader(unwrap(data) if found.wrapped else data)
