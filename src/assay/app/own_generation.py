"""What a replica has in force, as digests that are the same wherever the same is in force."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from assay.app.admission_replicas import ADVISORIES
from assay.formats import json_bytes
from assay.formats.json import as_object

if TYPE_CHECKING:
    from assay.app.admission import Controller
    from assay.model.policy import Object

_NAMED = ("name", "namespace", "labels", "annotations")


class OwnGeneration:
    """Digests by part, made anew when something was loaded; of advisories, after the day that they are of."""

    def __init__(self, controller: Controller, data_dir: Path, cache_dir: Path) -> None:
        self._controller, self._data_dir, self._cache_dir = controller, data_dir, cache_dir
        self._loads, self._stamp = -1, -1
        self._found: dict[str, str] = {}

    def __call__(self) -> Mapping[str, str]:
        """See the class; raises `AssayError`."""
        controller = self._controller
        if self._loads != controller.loads:
            loads = controller.loads
            texts = sorted(json_bytes.encode(_said(item.object)) for item in controller.manifests)
            self._found["policies"] = hashlib.sha256(b"\n".join(texts)).hexdigest()
            registries = controller.registries
            self._found["roots"] = registries.fingerprint(registries.reach.roots(""))
            self._loads = loads
        self._look_at_advisories()
        return dict(self._found)

    def _look_at_advisories(self) -> None:
        folder = self._data_dir / "advisories"
        stamp = folder.stat().st_mtime_ns if folder.is_dir() else 0
        if stamp == self._stamp:
            return
        from assay.app.scanning import advisories

        store = advisories(self._data_dir, self._cache_dir)
        if store.shards:
            days = max(str(shard.day or "") for shard in store.shards)
            self._found[ADVISORIES] = f"{days}:{store.digest}"
        self._stamp = stamp


def _said(item: Object) -> Object:
    """An object without what each cluster or mount adds to it."""
    metadata = as_object(item.get("metadata"))
    kept = {key: metadata[key] for key in _NAMED if key in metadata}
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": kept}
