"""Aligned text for a terminal."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="table",
    title="Table",
    write="assay.report.table:write",
    extensions=(".txt",),
    media_type="text/plain",
    interactive=True,
)
