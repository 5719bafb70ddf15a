"""R packages, of CRAN and Bioconductor: installed ones, and the lock file of renv."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="cran",
    title="R (CRAN, Bioconductor)",
    purl_types=("cran", "bioconductor", "github", "gitlab", "bitbucket"),
    parsers=(
        Parser("cran-description", "assay.ecosystems.cran.description:parse", ("**/DESCRIPTION",), max_size=1 << 20),
        Parser("cran-renv-lock", "assay.ecosystems.cran.renv:parse", ("**/renv.lock",)),
    ),
    proof=Proof.NATIVE,
    origin="R 4.2",
    osv=("CRAN", "Bioconductor"),
)
