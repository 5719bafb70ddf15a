"""os-release as a component of its own; the format is `assay.formats.os_release`."""

from __future__ import annotations

from dataclasses import replace

from assay.ecosystems.os_release import system
from assay.formats import os_release
from assay.model.ecosystem import File, Found

_LINKS = (
    ("issue-tracker", "BUG_REPORT_URL"),
    ("support", "SUPPORT_URL"),
    ("documentation", "DOCUMENTATION_URL"),
    ("other", "VENDOR_URL"),
)


def parse(file: File) -> Found:
    """The distribution, and the operating system as a component."""
    found = os_release.parse(file)
    said = os_release.assignments(file.text)
    links = [(kind, said.get(name, "")) for kind, name in _LINKS]
    assert found.distribution is not None
    return replace(found, components=(system.component(found.distribution, said.get("VENDOR_NAME", ""), links),))
