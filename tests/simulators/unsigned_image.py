"""An image that nobody signed, in a layout that can be written to."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

from conformance.suite import folder


def unsigned(place: Path) -> str:
    """Put the suite's unsigned image there; its reference."""
    shutil.copytree(folder("cosign") / "images/unsigned", place, copy_function=shutil.copyfile)
    for path in (place, *place.rglob("*")):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return f"oci-dir:{place}:v1"
