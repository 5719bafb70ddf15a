"""SPDX 2.2 and 2.3 as YAML."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="spdx-yaml",
    title="SPDX YAML",
    write="assay.formats.spdx.documents:write_yaml",
    extensions=(".spdx.yaml", ".spdx.yml"),
    media_type="application/spdx+yaml",
    versions=("2.2", "2.3"),
    default="2.3",
    losses="assay.formats.spdx.losses:losses",
)
