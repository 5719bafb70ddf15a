"""SPDX 2.2 and 2.3 as tag-value."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="spdx-tag-value",
    title="SPDX tag-value",
    write="assay.formats.spdx.documents:write_tag_value",
    extensions=(".spdx",),
    media_type="text/spdx",
    versions=("2.2", "2.3"),
    default="2.3",
    losses="assay.formats.spdx.losses:losses",
)
