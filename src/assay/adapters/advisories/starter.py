"""The advisory data inside the package: read where the store has none, so that the first scan needs no network.

``src/assay/starter`` holds a manifest and shards compressed with zstd. They are unpacked once, into the cache: what is
there can be had again at any time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from assay.adapters.advisories import manifest as manifests
from assay.adapters.advisories.revisions import is_current
from assay.adapters.advisories.store import FOLDER
from assay.errors import ExternalError

PACKED = Path(__file__).parents[2] / "starter"


def unpacked(cache: Path, store: Path | None = None) -> Path | None:
    """The folder of the unpacked starter store; None where the package has none, or `store` has all its sources."""
    manifest = manifests.load(PACKED / manifests.NAME)
    own = manifests.load(store / manifests.NAME) if store is not None else None
    usable = {name for name, shard in own.shards.items() if is_current(shard)} if own is not None else set()
    if manifest is None or manifest.shards.keys() <= usable:
        return None
    place = cache / "starter" / manifest.digest.removeprefix("sha256:")[:32]
    if not (place / manifests.NAME).is_file():
        try:
            _unpack(place, manifest)
        except OSError as error:
            what = f"the advisory data of the package cannot be unpacked into {place}: {error.strerror}"
            raise ExternalError(what, "name another place with --cache-dir") from error
    return place


def _unpack(place: Path, manifest: manifests.Manifest) -> None:
    """All shards beside the place, then one rename: two at once do not disturb each other."""
    import zstandard

    place.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=place.parent, prefix=".building-"))
    try:
        (building / FOLDER).mkdir()
        for shard in manifest.shards.values():
            name = f"{shard.digest.removeprefix('sha256:')}.sqlite"
            with (
                (PACKED / f"{shard.feed}.sqlite.zst").open("rb") as packed,
                (building / FOLDER / name).open("wb") as out,
            ):
                zstandard.ZstdDecompressor(max_window_size=1 << 27).copy_stream(packed, out)
        shutil.copyfile(PACKED / manifests.NAME, building / manifests.NAME)
        for old in place.parent.iterdir():
            if not old.name.startswith(".building-") and old != place:
                shutil.rmtree(old, ignore_errors=True)
        os.replace(building, place)  # noqa: PTH105
    except OSError:
        if not (place / manifests.NAME).is_file():
            raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
