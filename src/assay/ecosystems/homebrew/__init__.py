"""Homebrew on macOS and Linux: the kegs in the Cellar, and casks."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="homebrew",
    title="Homebrew",
    purl_types=("brew",),
    parsers=(
        Parser(
            "homebrew-receipt",
            "assay.ecosystems.homebrew.receipt:parse",
            ("**/Cellar/*/*/INSTALL_RECEIPT.json",),
        ),
        Parser("homebrew-formula", "assay.ecosystems.homebrew.formula:parse", ("**/Cellar/*/*/.brew/*.rb",)),
        Parser(
            "homebrew-cask",
            "assay.ecosystems.homebrew.receipt:parse_cask",
            ("**/Caskroom/*/.metadata/*/*/Casks/*.json", "**/Caskroom/*/.metadata/*/*/Casks/*.rb"),
        ),
    ),
    proof=Proof.SYNTHETIC,
    origin="written by hand after the layout of Homebrew 4",
    assemble="assay.ecosystems.homebrew.receipt:assemble",
)
