"""LuaRocks, the packages of Lua: rockspecs, of installed rocks and of those under development."""

from assay.model.ecosystem import Ecosystem, Parser, Proof

ECOSYSTEM = Ecosystem(
    name="luarocks",
    title="Lua (LuaRocks)",
    purl_types=("luarocks",),
    parsers=(
        Parser("luarocks-rockspec", "assay.ecosystems.luarocks.rockspec:parse", ("**/*.rockspec",), max_size=4 << 20),
    ),
    proof=Proof.NATIVE,
    origin="luarocks 3.8",
)
