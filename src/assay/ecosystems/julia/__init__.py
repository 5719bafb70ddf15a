"""Julia: the manifest of an environment, and the project that it belongs to."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="julia",
    title="Julia",
    purl_types=("julia",),
    parsers=(
        Parser(
            "julia-manifest",
            "assay.ecosystems.julia.manifest:parse",
            ("**/Manifest.toml", "**/JuliaManifest.toml", "**/Manifest-v*.toml"),
        ),
        Parser(
            "julia-project",
            "assay.ecosystems.julia.project:parse",
            ("**/Project.toml", "**/JuliaProject.toml"),
            max_size=4 << 20,
        ),
    ),
    proof=Proof.FOREIGN,
    origin="osv-scalibr c2094f2d",
    assemble="assay.ecosystems.julia.environment:assemble",
    osv=("Julia",),
)
