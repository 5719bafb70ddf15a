"""Image archives made for tests: what `docker save` writes in its two layouts, and OCI layouts packed as a tar."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

from simulators.image import Members, tar


def docker_archive(
    layers: Sequence[Members], *, tag: str = "app.example/team/app:1", old: bool = False, lie: bool = False
) -> bytes:
    """A docker archive; `old` has a folder for each layer, shared ones as links; `lie` swaps the first layer."""
    tars = [tar(layer) for layer in layers]
    diff_ids = [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in tars]
    config = json.dumps(
        {
            "os": "linux",
            "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [{"created_by": f"step {number}"} for number in range(len(tars))],
        }
    ).encode()
    name = hashlib.sha256(config).hexdigest()
    if lie:
        tars[0] = tar({"evil.list": b"evil 1"})
    members: dict[str, bytes | tuple[str, str]] = {}
    paths = []
    for number, (data, diff_id) in enumerate(zip(tars, diff_ids, strict=True)):
        plain = diff_id.removeprefix("sha256:")
        path = f"{number:064x}/layer.tar" if old else f"blobs/sha256/{plain}"
        members[path] = data
        if old and diff_id in diff_ids[:number]:
            members[path] = ("symlink", f"../{diff_ids.index(diff_id):064x}/layer.tar")
        paths.append(path)
    place = f"{name}.json" if old else f"blobs/sha256/{name}"
    members[place] = config
    manifest = [{"Config": place, "RepoTags": [tag] if tag else None, "Layers": paths}]
    members["manifest.json"] = json.dumps(manifest).encode()
    return tar(members)


def packed(folder: Path) -> bytes:
    """A layout in a folder as a tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.add(path, str(path.relative_to(folder)), recursive=False)
    return buffer.getvalue()
