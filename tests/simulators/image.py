"""OCI layouts made for tests: a layer is a list of tar members."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Members = Mapping[str, bytes | tuple[str, str]]
"""Path to content; or to ``("symlink"|"hardlink", target)``, ``("dir", "")``, ``("fifo", "")``."""

_KINDS = {"symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE, "dir": tarfile.DIRTYPE, "fifo": tarfile.FIFOTYPE}


def tar(members: Members, *, form: int = tarfile.GNU_FORMAT) -> bytes:
    """A tar of the members in their order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for path, content in members.items():
            info = tarfile.TarInfo(path)
            info.mode = 0o755
            if isinstance(content, tuple):
                info.type, info.linkname = _KINDS[content[0]], content[1]
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def layout(
    folder: Path,
    layers: Sequence[Members | bytes],
    *,
    compress: Callable[[bytes], bytes] = gzip.compress,
    name: str = "",
    referrers: Sequence[tuple[str, bytes]] = (),
) -> Path:
    """Write an OCI layout; `referrers` are (media type, document) attached to the image."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes, media_type: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    tars = [layer if isinstance(layer, bytes) else tar(layer) for layer in layers]
    stored = [put(compress(data), "application/vnd.oci.image.layer.v1.tar+gzip") for data in tars]
    config = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in tars]},
        "history": [{"created_by": f"step {number}"} for number in range(len(tars))],
    }
    image = put(
        json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": put(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
                "layers": stored,
            }
        ).encode(),
        "application/vnd.oci.image.manifest.v1+json",
    )
    manifests = [image | ({"annotations": {"org.opencontainers.image.ref.name": name}} if name else {})]
    for media_type, document in referrers:
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": media_type,
            "config": put(b"{}", "application/vnd.oci.empty.v1+json"),
            "layers": [put(document, media_type)],
            "subject": image,
        }
        manifests.append(
            put(json.dumps(manifest).encode(), "application/vnd.oci.image.manifest.v1+json")
            | {"artifactType": media_type}
        )
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": manifests}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder
