"""A second pass over a layer ends with the last path that it is for, and still verifies the digest."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from contextlib import nullcontext

import pytest

from assay.adapters import blob
from assay.adapters.tar_layer import TarLayer
from assay.ecosystems import discover
from assay.engines.catalog.dispatch import Dispatch
from assay.engines.catalog.layer import Readers, read_layer
from assay.errors import DigestMismatch
from assay.formats.digest import sha256
from assay.model.digest import Algorithm, Digest
from assay.model.sbom import Layer


def _stored() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for number, name in enumerate(("etc/first", "etc/second", "etc/first")):
            data = f'ID=number{number}\nPRETTY_NAME="x"\n'.encode() + hashlib.sha256(name.encode()).digest() * 9999
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)


def _paths(digest: Digest, wanted: str) -> list[str]:
    whole = Dispatch(discover())
    stored = _stored()
    layer = TarLayer(Layer(0, str(digest)), blob.verified(lambda: nullcontext(io.BytesIO(stored)), digest, len(stored)))
    only = whole.only({wanted: whole.named(["os-release"])})
    return [item.path for item in read_layer(layer, only, Readers(), paths=False).files]


def test_the_pass_ends_with_the_last_wanted_path() -> None:
    assert _paths(sha256(_stored()), "etc/first") == ["etc/first"]
    assert _paths(sha256(_stored()), "etc/second") == ["etc/second"]


def test_the_digest_is_verified_all_the_same() -> None:
    with pytest.raises(DigestMismatch):
        _paths(Digest(Algorithm.SHA256, "0" * 64), "etc/first")
