"""OCI layouts pushed to a registry as they are: every blob, manifest and tag, whatever refers to what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.adapters import image_reference
from assay.adapters.access import Access
from assay.adapters.places import client
from conformance.suite import folder
from simulators.registry import Registry

_INDEX = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")


def push(layout: Path, repository: str) -> None:
    """Push a layout to ``HOST/NAME``, the manifests that others name first, tags last."""
    registry = client(image_reference.parse(repository), Access()).push
    blobs = {path.name: path for path in (layout / "blobs" / "sha256").iterdir()}
    done = set[str]()

    def manifest(item: dict[str, Any], tag: str = "") -> None:
        data = blobs[item["digest"].removeprefix("sha256:")].read_bytes()
        document = json.loads(data)
        if item["digest"] not in done:
            for child in document.get("manifests", ()) if item["mediaType"] in _INDEX else ():
                if child["digest"].removeprefix("sha256:") in blobs:
                    manifest(child)
            for blob in [*document.get("layers", ()), *([document["config"]] if "config" in document else [])]:
                path = blobs.get(blob["digest"].removeprefix("sha256:"))
                if path is not None:
                    registry.put_blob(path.read_bytes(), blob["mediaType"])
        done.add(item["digest"])
        registry._put(data, item["mediaType"], tag)  # no referrers index but the layout's own

    for entry in json.loads((layout / "index.json").read_bytes())["manifests"]:
        manifest(entry, entry.get("annotations", {}).get("org.opencontainers.image.ref.name", ""))


def push_signed_and_not(registry: Registry) -> None:
    """Push images of cosign's suite to ``HOST/app``, one that is signed, ``:old-key``, and one that is not."""
    for name in ("unsigned", "old-key"):
        push(folder("cosign") / "images" / name, f"{registry.host}/app")
        registry.manifests[name] = registry.manifests["v1"]
