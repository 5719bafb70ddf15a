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
    "github": "assay.formats.github_snapshot_reader:read",
    "csv": "assay.formats.component_csv_reader:read",
    "purls": "assay.formats.purl_list:read",
}
"""``module:function`` by the name of the format, each ``function(data: bytes) -> Sbom``."""

REMEDY = (
    "CycloneDX, SPDX, Syft's JSON, GitHub's snapshots, CSV and lists of purls are read; "
    "`assay sbom validate` checks one"
)


def read(data: bytes) -> Sbom:
    """The noun; raises `Malformed` for what is no SBOM, or only the picture of one."""
    found = detect(data)
    if found is None:
        from assay.formats import unreadable

        raise unreadable.refusal(data) or Malformed("not an SBOM of any known format", REMEDY)
    module, _, function = READERS[found.format].partition(":")
    reader = cast("Callable[[bytes], Sbom]", getattr(importlib.import_module(module), function))
    return reader(unwrap(data) if found.wrapped else data)
