"""opam: package definitions, their locked form, switches, lists; the first byte picks the reader."""

from __future__ import annotations

from fuzz.readers import Reader, feed

from assay.ecosystems.opam import package, switch

_READERS: list[Reader] = [
    (package.parse, "a.opam"),
    (package.parse_locked, "a.opam.locked"),
    (switch.parse_state, ".opam-switch/switch-state"),
    (switch.parse_list, "a.install"),
]

SEEDS: list[bytes] = [
    (
        b'\x00opam-version: "2.0"\ndepends: ["a" {>= "1" & with-test} ("b" | "c" {build})]\n'
        b'url { src: "x://y" checksum: "md5=00" }\n(* x *) synopsis: """a"b"""\n'
    ),
    b'\x01name: "a"\nversion: "1"\ndepends: ["b" {= "1"}]\n',
    b'\x02opam-version: "2.0"\ninstalled: ["a.1" "b.2~x"]\n',
    b"\x03# x\na.1\nb.2 # y\n",
]


def run(data: bytes) -> None:
    feed(_READERS, data)
