"""Chisel's ``manifest.wall``: zstd-compressed JSON lines on the packages that an image was cut from.

::

    {"jsonwall":"1.0","schema":"1.0","count":3}
    {"kind":"package","name":"base-files","version":"13ubuntu10","sha256":"5e5032e2...","arch":"amd64"}
    {"kind":"path","path":"/etc/os-release","mode":"0644","slices":["base-files_release-info"],"sha256":"..."}
"""

from __future__ import annotations

from collections import defaultdict

from assay.ecosystems.deb import ownership
from assay.errors import Malformed
from assay.formats import compression, json, purl
from assay.formats.digest import find
from assay.formats.json import Object, as_list, as_text
from assay.model.component import Component, Property
from assay.model.ecosystem import File, Found, Owned

_MAX_BYTES = 256 << 20


def parse(file: File) -> Found:
    """The packages with the digests of their archives, and the paths that each brought."""
    packages: list[Component] = []
    paths: dict[str, list[str]] = defaultdict(list)
    for line in _unpack(file.data).split(b"\n"):
        entry = json.load_object(line) if line.strip() else {}
        kind = entry.get("kind")
        if kind == "package" and as_text(entry.get("name")):
            packages.append(_package(entry))
        elif kind == "path":
            for owner in {as_text(item).partition("_")[0] for item in as_list(entry.get("slices"))}:
                paths[owner].append(as_text(entry.get("path")).strip("/"))
    root = ownership.root_of(file.path)
    owns = tuple(Owned(owner, "\n".join(paths[owner]).encode("utf-8", "replace")) for owner in sorted(paths))
    return Found(tuple(packages), scope=root, root=root, owns=owns)


def _package(entry: Object) -> Component:
    name, version, architecture = (as_text(entry.get(key)) for key in ("name", "version", "arch"))
    digest = find("sha256:" + as_text(entry.get("sha256")))
    return Component(
        name,
        version,
        namespace="ubuntu",
        purl=purl.build("deb", name, version, "ubuntu", {"arch": architecture}),
        ref=f"deb:{name}:{architecture}",
        digests=(digest,) if digest else (),
        properties=(Property("assay:deb:architecture", architecture),) if architecture else (),
    )


def _unpack(data: bytes) -> bytes:
    out = compression.unpacked(data, _MAX_BYTES, "a Chisel manifest")
    if not out.startswith(b"{"):
        raise Malformed("not a Chisel manifest")
    return out
