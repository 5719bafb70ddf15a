"""AppStream metadata of a Flatpak application (``ID.metainfo.xml``; AppStream 1.0, "Upstream Metadata").

::

    <component type="desktop-application">
      <id>org.sample.App</id> <summary>a sample</summary> <project_license>GPL-3.0-or-later</project_license>
      <developer id="sample.org"><name>A. Sample</name></developer>
      <url type="homepage">https://sample.example</url>
      <releases><release version="1.2" date="2024-02-01"/></releases>
    </component>
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from assay.ecosystems.flatpak.metadata import folder, place
from assay.formats import xml
from assay.model.ecosystem import File, Found

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def parse(file: File) -> Found:
    """The facts of the application itself; files on add-ons and other components say nothing here."""
    component = xml.load(file.data)
    name = place(file.path)[2]
    if xml.text(component, "id").removesuffix(".desktop") != name:
        return Found()
    return Found(
        facts={
            "folder": folder(file.path),
            "version": _version(component),
            "license": xml.text(component, "project_license"),
            "developer": xml.text(component, "developer", "name") or xml.text(component, "developer_name"),
            "summary": xml.text(component, "summary"),
            "homepage": _homepage(component),
        }
    )


def _version(component: Element) -> str:
    """The newest release, as Flatpak takes it: by its date, in whatever order; the first where none has one."""
    releases = xml.child(component, "releases")
    found = xml.children(releases, "release") if releases is not None else []
    newest = max(found, key=_day, default=None)
    return newest.get("version", "") if newest is not None else ""


def _day(release: Element) -> str:
    """The date of a release as ``2024-02-01``, or empty."""
    stamp = release.get("timestamp", "")
    if stamp.isascii() and stamp.isdigit() and len(stamp) < 12:
        return (datetime(1970, 1, 1) + timedelta(seconds=int(stamp))).date().isoformat()
    return release.get("date", "")[:10]


def _homepage(component: Element) -> str:
    links = xml.children(component, "url")
    return next((xml.text(link) for link in links if link.get("type") == "homepage"), "")
