"""CycloneDX JSON (ECMA-424)."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="cyclonedx-json",
    title="CycloneDX JSON",
    write="assay.formats.cyclonedx.json_writer:write",
    extensions=(".cdx.json",),
    media_type="application/vnd.cyclonedx+json",
    versions=("1.2", "1.3", "1.4", "1.5", "1.6", "1.7"),
    default="1.7",
    losses="assay.formats.cyclonedx.losses:losses",
)
