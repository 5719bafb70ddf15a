"""Terms of Erlang and Elixir, and Gleam's manifest: mix.lock, rebar.lock, *.app; the first byte picks the reader."""

from __future__ import annotations

from fuzz.readers import Reader, feed

from assay.ecosystems.hex import gleam, mix, rebar
from assay.ecosystems.otp import application

_READERS: list[Reader] = [
    (mix.parse, "mix.lock"),
    (rebar.parse, "rebar.lock"),
    (application.parse, "ebin/a.app"),
    (gleam.parse, "manifest.toml"),
]

SEEDS: list[bytes] = [
    (
        b'\x00%{\n  "a": {:hex, :a, "1", "00", [:mix], [{:b, "~> 1", [hex: :b, optional: false]}], '
        b'"hexpm", "00"},\n  "b" => {:git, "x", "0a", []},\n}\n'
    ),
    (
        b'\x01{"1.2.0",[{<<"a">>,{pkg,<<"a">>,<<"1">>},0},{<<"b">>,{git,"u",{ref,"0a"}},1}]}.\n'
        b'[{pkg_hash_ext,[{<<"a">>, <<"00">>}]}].\n'
    ),
    b"\x02% x\n{application, 'a', [{vsn, \"1\"}, {applications, [kernel, b]}, {env, #{k => 1}}]}.\n",
    b'\x03packages = [{ name = "a", version = "1", otp_app = "a", requirements = ["a"] }]\n',
]


def run(data: bytes) -> None:
    feed(_READERS, data)
