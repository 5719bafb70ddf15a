"""SPDX as JSON, 2.2 and 2.3, and SPDX 3.0 as JSON-LD."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="spdx-json",
    title="SPDX JSON",
    write="assay.formats.spdx.documents:write_json",
    extensions=(".spdx.json",),
    media_type="application/spdx+json",
    versions=("2.2", "2.3", "3.0"),
    default="2.3",
    losses="assay.formats.spdx.losses:losses",
)
