"""Packs of SWI-Prolog: the description that each holds."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="prolog",
    title="SWI-Prolog packs",
    purl_types=("swiplpack",),
    parsers=(Parser("prolog-pack", "assay.ecosystems.prolog.pack:parse", ("**/pack.pl",), max_size=1 << 20),),
    proof=Proof.NATIVE,
    origin="SWI-Prolog 9.0: what its pack_property says of packs of ours",
)
