"""Package URLs, one a line."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="purls",
    title="purl list",
    write="assay.formats.purl_list:write",
    extensions=(".purls.txt",),
    media_type="text/plain",
    losses="assay.formats.purl_list:losses",
)
