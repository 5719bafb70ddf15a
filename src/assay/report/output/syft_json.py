"""syft-json: the package list that Syft writes and Grype reads."""

from assay.model.sbom_format import Format

FORMAT = Format(
    name="syft-json",
    title="Syft JSON",
    write="assay.formats.syft_json:write",
    extensions=(".syft.json",),
    media_type="application/vnd.syft+json",
    versions=("16",),
    default="16",
    losses="assay.formats.syft_losses:losses",
)
