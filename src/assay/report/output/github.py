"""GitHub dependency submission snapshots."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="github",
    title="GitHub dependency snapshot",
    write="assay.formats.github_snapshot:write",
    extensions=(".github.json",),
    media_type="application/json",
    losses="assay.formats.github_snapshot:losses",
)
