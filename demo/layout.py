"""Writes an OCI image layout (image-spec 1.1) of given folders: the same folders give the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_CREATED = "2026-01-01T00:00:00Z"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_TYPE = "application/vnd.oci.image."


class Tree(NamedTuple):
    """A folder that becomes a layer, and what is said to have made it."""

    folder: Path
    created_by: str


DEMO = {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "WorkingDir": "/srv/app"}


def write(layout: Path, trees: Sequence[Tree], name: str, runs: Mapping[str, object] = DEMO) -> None:
    """Writes the layout; `trees` from the base up, `runs` is how a container is started (image-spec, "config")."""
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    tars = [_tar(tree.folder) for tree in trees]
    layers = [_blob(blobs, gzip.compress(data, 1, mtime=0), "layer.v1.tar+gzip") for data in tars]
    config = {
        "created": _CREATED,
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": runs,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in tars]},
        "history": [{"created": _CREATED, "created_by": tree.created_by} for tree in trees],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_TYPE}manifest.v1+json",
        "config": _blob(blobs, _json(config), "config.v1+json"),
        "layers": layers,
    }
    named = _blob(blobs, _json(manifest), "manifest.v1+json")
    named["annotations"] = {"org.opencontainers.image.ref.name": name}
    index = {"schemaVersion": 2, "mediaType": f"{_TYPE}index.v1+json", "manifests": [named]}
    (layout / "index.json").write_bytes(_json(index))
    (layout / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _blob(blobs: Path, data: bytes, kind: str) -> dict[str, object]:
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"mediaType": _TYPE + kind, "digest": f"sha256:{digest}", "size": len(data)}


def _tar(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            member = archive.gettarinfo(path, path.relative_to(folder).as_posix())
            member.uid = member.gid = 0
            member.uname = member.gname = "root"
            member.mtime = 0
            if member.isreg():
                with path.open("rb") as file:
                    archive.addfile(member, file)
            else:
                archive.addfile(member)
    return buffer.getvalue()
