"""Hex, the packages of Elixir, Erlang and Gleam: the lock files of Mix, Rebar3 and Gleam."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="hex",
    title="Elixir, Erlang, Gleam (Hex)",
    purl_types=("hex",),
    parsers=(
        Parser("hex-mix-lock", "assay.ecosystems.hex.mix:parse", ("**/mix.lock",)),
        Parser("hex-rebar-lock", "assay.ecosystems.hex.rebar:parse", ("**/rebar.lock",)),
        Parser("hex-gleam-manifest", "assay.ecosystems.hex.gleam:parse", ("**/manifest.toml",)),
    ),
    proof=Proof.FOREIGN,
    origin="osv-scalibr c2094f2d",
    osv=("Hex",),
)
