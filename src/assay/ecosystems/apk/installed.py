"""``lib/apk/db/installed``: what apk has installed (apk-tools, "Installed database").

Paragraphs of ``LETTER:value``; after the fields of the package come its folders (F), and after each its files (R).
apk-tools 3 keeps the same::

    C:Q1zwvKMnYs1b6ZdPTBJ0Z7D5P3jyA=      checksum of the package's control part: Q1 SHA-1, Q2 SHA-256, in base64
    P:busybox                             name       o:busybox   origin (source package)
    V:1.36.0-r9                           version    D:so:libc.musl-x86_64.so.1
    A:x86_64                              p:cmd:busybox=1.36.0-r9
    f:S                                   flags; S: of version 3, whose C is the beginning of a SHA-256
    F:bin
    R:busybox
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from assay.ecosystems.apk.package import component, words
from assay.errors import Malformed
from assay.model.component import Component
from assay.model.digest import Algorithm, Digest
from assay.model.ecosystem import File, Found, Owned
from assay.model.sbom import Skipped

_NAMES = {
    b"P": "pkgname",
    b"V": "pkgver",
    b"A": "arch",
    b"T": "pkgdesc",
    b"U": "url",
    b"L": "license",
    b"o": "origin",
    b"m": "maintainer",
    b"t": "builddate",
    b"c": "commit",
    b"i": "install_if",
    b"D": "depend",
    b"p": "provides",
    b"C": "checksum",
    b"f": "flags",
}
_CHECKSUMS = {"Q1": (Algorithm.SHA1, 20), "Q2": (Algorithm.SHA256, 32)}
_TAILS = ("usr/lib/apk/db/installed", "lib/apk/db/installed")


def parse(file: File) -> Found:
    """The packages, their edges, and their files; paragraphs that name no package are reported."""
    data = file.data.replace(b"\r\n", b"\n")
    packages: list[tuple[Component, dict[str, str]]] = []
    owns: list[Owned] = []
    skipped: list[Skipped] = []
    for block in data.split(b"\n\n"):
        fields, files = _read(block)
        if fields.get("pkgname") and fields.get("pkgver"):
            packages.append((_with_digest(fields), fields))
            owns.append(Owned(fields["pkgname"], files))
        elif block.strip():
            skipped.append(Skipped(file.path, f"a paragraph without name and version: {block[:40]!r}"))
    if skipped and not packages:
        raise Malformed("no package in it")
    root = next(file.path.removesuffix(tail).rstrip("/") for tail in (*_TAILS, "") if file.path.endswith(tail))
    return Found(
        tuple(item for item, _ in packages),
        edges=tuple(sorted(_edges(packages))),
        scope=root,
        root=root,
        owns=tuple(owns),
        skipped=tuple(skipped),
    )


def _read(block: bytes) -> tuple[dict[str, str], bytes]:
    """The fields of a paragraph, and its files one a line."""
    fields: dict[str, str] = {}
    files: list[bytes] = []
    folder = b""
    for line in block.split(b"\n"):
        kind = line[:2]
        if kind == b"R:":
            files.append(folder + line[2:])
        elif kind == b"F:":
            folder = line[2:] + b"/" if len(line) > 2 else b""
        elif line[1:2] == b":" and line[:1] in _NAMES:
            fields[_NAMES[line[:1]]] = line[2:].strip().decode("utf-8", "replace")
    return fields, b"\n".join(files)


def _with_digest(fields: dict[str, str]) -> Component:
    text = fields.get("checksum", "")
    algorithm, length = _CHECKSUMS.get(text[:2], (Algorithm.SHA1, -1))
    try:
        value = base64.b64decode(text[2:], validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != length:
        return component(fields)
    if "S" in fields.get("flags", "") and algorithm is Algorithm.SHA1:
        return component({**fields, "unique_id": value.hex()})
    return replace(component(fields), digests=(Digest(algorithm, value.hex()),))


def _edges(packages: list[tuple[Component, dict[str, str]]]) -> set[tuple[str, str]]:
    providers = {item.name: item.id for item, _ in reversed(packages)}
    for item, fields in packages:
        for name in words(fields.get("provides", "")):
            providers.setdefault(name, item.id)
    return {
        (item.id, providers[name])
        for item, fields in packages
        for name in words(fields.get("depend", ""))
        if providers.get(name, item.id) != item.id
    }
