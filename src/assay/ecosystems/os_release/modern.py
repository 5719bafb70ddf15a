"""os-release as a component of its own; the format is `assay.formats.os_release`."""

from __future__ import annotations

from dataclasses import replace

from assay.ecosystems.os_release import system
from assay.formats import os_release
from assay.model.ecosystem import File, Found


def parse(file: File) -> Found:
    """The distribution, and the operating system as a component."""
    found = os_release.parse(file)
    bugs = os_release.assignments(file.text).get("BUG_REPORT_URL", "")
    assert found.distribution is not None
    return replace(found, components=(system.component(found.distribution, bugs),))
