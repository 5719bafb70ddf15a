"""One self-contained HTML page: searchable list, charts, dependency tree."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="html",
    title="HTML page",
    write="assay.report.html.page:write",
    extensions=(".html", ".htm"),
    media_type="text/html",
    interactive=True,
)
