"""A template of the user's own (Jinja2, sandboxed); `assay.report.template.render` takes its text."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="template",
    title="Jinja2 template",
    write="assay.report.template:write",
    extensions=(),
    media_type="text/plain",
    interactive=True,
)
