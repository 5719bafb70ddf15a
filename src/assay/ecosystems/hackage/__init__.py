"""Hackage, the packages of Haskell: the files in which Cabal and Stack pin them."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="hackage",
    title="Haskell (Cabal, Stack)",
    purl_types=("hackage",),
    parsers=(
        Parser("hackage-freeze", "assay.ecosystems.hackage.freeze:parse", ("**/cabal.project.freeze",)),
        Parser("hackage-stack", "assay.ecosystems.hackage.stack:parse", ("**/stack.yaml",)),
        Parser("hackage-stack-lock", "assay.ecosystems.hackage.stack:parse_lock", ("**/stack.yaml.lock",)),
    ),
    proof=Proof.FOREIGN,
    origin="osv-scalibr c2094f2d",
    assemble="assay.ecosystems.hackage.stack:assemble",
    osv=("Hackage",),
)
