"""CycloneDX XML (ECMA-424)."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="cyclonedx-xml",
    title="CycloneDX XML",
    write="assay.formats.cyclonedx.xml_writer:write",
    extensions=(".cdx.xml",),
    media_type="application/vnd.cyclonedx+xml",
    versions=("1.2", "1.3", "1.4", "1.5", "1.6", "1.7"),
    default="1.7",
    losses="assay.formats.cyclonedx.losses:losses",
)
