"""Comma-separated values for spreadsheets."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="csv",
    title="CSV",
    write="assay.formats.component_csv:write",
    extensions=(".csv",),
    media_type="text/csv",
    losses="assay.formats.component_csv:losses",
)
