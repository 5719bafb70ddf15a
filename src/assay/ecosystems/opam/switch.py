"""What is installed in a switch: ``.opam-switch/switch-state`` (opam Manual), and plain lists of packages.

::

    opam-version: "2.0"
    roots: ["dune.3.7.2"]
    installed: ["base-unix.base" "dune.3.7.2"]

A list has ``NAME.VERSION`` on each line, and comments behind ``#``. Its name, ``*.install``, is that of many other
things (opam's own file lists, Debian's): what holds slashes, brackets or assignments is none.
"""

from __future__ import annotations

import re

from assay.ecosystems.opam import opam_file
from assay.errors import Malformed
from assay.formats import purl
from assay.model.component import Component
from assay.model.ecosystem import File, Found

_ENTRY = re.compile(r"([A-Za-z0-9_+-]+)\.([A-Za-z0-9_+.~-]+)")
_OTHER = re.compile(r"[/\\\[\](){}=\"'$:;*]")


def parse_state(file: File) -> Found:
    """The packages of a switch."""
    fields = opam_file.read(file.text)
    if "installed" not in fields:
        raise Malformed("switch-state without installed packages")
    return _found([item.text for item in fields["installed"]])


def parse_list(file: File) -> Found:
    """The packages of a list; nothing for a file that is none."""
    lines = [line.partition("#")[0].strip() for line in file.text.splitlines()]
    lines = [line for line in lines if line]
    if file.folder.endswith("debian") or any(_OTHER.search(line) for line in lines):
        return Found()
    return _found([line.split()[0] for line in lines])


def _found(entries: list[str]) -> Found:
    components: dict[str, Component] = {}
    for entry in entries:
        match = _ENTRY.fullmatch(entry)
        if match is None:
            raise Malformed(f"not a package of opam: {entry[:80]!r}")
        components[entry] = Component(match[1], match[2], purl=purl.attempt("opam", match[1], match[2]))
    return Found(tuple(components.values()))
