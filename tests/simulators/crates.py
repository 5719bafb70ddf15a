"""Crates of others, as their authors packed them: cargo fetched them before (`tools.crates`)."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from tools import crates


def unpacked(crate: str, folder: Path) -> Path:
    """The folder of a crate (``NAME-VERSION``), unpacked into `folder`; skips the test where it was not fetched."""
    archive = crates.find(crate) or pytest.skip(f"the crate {crate} is not in cargo's cache (python -m tools.crates)")
    with tarfile.open(archive) as members:
        members.extractall(folder, filter="data")
    return folder / crate
