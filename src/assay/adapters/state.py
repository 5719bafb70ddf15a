"""Where assay keeps what must be kept (`data_dir`) and what may be deleted at any time (`cache_dir`).

By default the platform's own places: the XDG Base Directory Specification 0.8, and ``~/Library`` on macOS.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from assay.errors import UsageError


def data_dir(configured: str, environment: Mapping[str, str]) -> Path:
    """The folder for evidence and what else must be kept; not made here."""
    return _place(configured, environment, "XDG_DATA_HOME", ".local/share", "Library/Application Support", "data")


def cache_dir(configured: str, environment: Mapping[str, str]) -> Path:
    """The folder for what can be had again; not made here."""
    return _place(configured, environment, "XDG_CACHE_HOME", ".cache", "Library/Caches", "cache")


def _place(configured: str, environment: Mapping[str, str], variable: str, xdg: str, mac: str, what: str) -> Path:
    if configured:
        return Path(configured).expanduser()
    base, home = environment.get(variable, ""), environment.get("HOME", "")
    if base.startswith("/"):
        return Path(base, "assay")
    if not home:
        raise UsageError(
            f"no place for {what}: HOME is not set", f"name one with --{what}-dir or ASSAY_{what.upper()}_DIR"
        )
    return Path(home, mac if sys.platform == "darwin" else xdg, "assay")
