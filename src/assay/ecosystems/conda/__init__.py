"""Conda: environments that are installed, environment files and conda-lock files."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

_HERE = "assay.ecosystems.conda"

ECOSYSTEM = Ecosystem(
    name="conda",
    title="Conda",
    purl_types=("conda",),
    parsers=(
        Parser("conda-meta", f"{_HERE}.installed:parse", ("**/conda-meta/*.json",)),
        Parser("conda-index", f"{_HERE}.installed:index", ("info/index.json",)),
        Parser("conda-files", f"{_HERE}.installed:files", ("info/files",)),
        Parser(
            "conda-environment",
            f"{_HERE}.environment:parse",
            ("**/environment.yml", "**/environment.yaml", "**/conda.yml", "**/conda.yaml"),
        ),
        Parser("conda-lock", f"{_HERE}.lock:parse", ("**/conda-lock.yml", "**/*.conda-lock.yml")),
    ),
    proof=Proof.NATIVE,
    origin="rattler, the engine of pixi",
)
