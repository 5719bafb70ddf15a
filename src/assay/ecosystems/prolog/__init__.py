"""Packs of SWI-Prolog: the description that each holds."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="prolog",
    title="SWI-Prolog packs",
    purl_types=("swiplpack",),
    parsers=(Parser("prolog-pack", "assay.ecosystems.prolog.pack:parse", ("**/pack.pl",), max_size=1 << 20),),
    proof=Proof.SYNTHETIC,
    origin="written by hand after the SWI-Prolog manual",
)
