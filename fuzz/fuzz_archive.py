"""Whole files as `assay sbom` is given them: archives walked as trees, image archives indexed and opened."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tarfile
import zipfile

from assay.adapters import sniff, spool
from assay.adapters.archive import ArchiveWalk
from assay.adapters.image import Image
from assay.adapters.image_options import ImageOptions
from assay.adapters.sources import Request, docker_archive, oci_archive
from assay.engines.catalog.dispatch import Dispatch
from assay.errors import InputError
from assay.model.ecosystem import Parser

_REQUEST = Request(ImageOptions())
_WANTED = (Parser("any", ""),)


def _tar(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as file:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return buffer.getvalue()[: (len(members) * 2 + 2) * 512]


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


_CONFIG = json.dumps({"os": "linux", "rootfs": {"diff_ids": ["sha256:" + "0" * 64]}}).encode()
_SAVED = json.dumps([{"Config": "c", "RepoTags": ["a:1"], "Layers": ["l"]}]).encode()
_INDEX = json.dumps({"manifests": [{"digest": "sha256:" + "0" * 64, "size": 1, "mediaType": "x"}]}).encode()
SEEDS: list[bytes] = [
    _tar({"a.txt": b"a", "b.zip": _zip({"c.txt": b"c"})}),
    _zip({"a.txt": b"a", "b.tar.gz": gzip.compress(_tar({"c.txt": b"c"}))}),
    gzip.compress(b"text"),
    _tar({"manifest.json": _SAVED, "c": _CONFIG, "l": _tar({"x": b"x"})[:500]}),
    _tar({"oci-layout": b"{}", "index.json": _INDEX}),
]


def run(data: bytes) -> None:
    file = spool.spooled([data], "x")
    sniff.kind(file)
    for entry in ArchiveWalk(file, "x", lambda path: _WANTED if path.endswith("txt") else (), True):
        with contextlib.suppress(InputError):
            entry.read()
    for opener in (docker_archive.of_file, oci_archive.of_file):
        with contextlib.suppress(InputError):
            image = opener(file, "", _REQUEST)
            assert isinstance(image, Image)
            for layer in image.layers:
                for _ in layer.walk(Dispatch(()), executables=False, paths=True):
                    pass
