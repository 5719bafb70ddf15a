"""``updateinfo.xml`` as dnf reads it.

::

    <updates><update type="security" status="final"><id>ALAS2-2024-2501</id><title>…</title>
      <issued date="2024-03-27 21:12"/><updated date="2024-04-01 10:00"/><severity>important</severity>
      <references><reference href="https://…/CVE-2024-1086.html" id="CVE-2024-1086" type="cve"/></references>
      <pkglist><collection short="amazon-linux-2"><name>Amazon Linux 2</name>
        <package name="kernel" epoch="0" version="4.14.336" release="257.562.amzn2" arch="x86_64"/>
    </collection></pkglist></update></updates>
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.formats import xml
from assay.model.advisory import Advisory, Affected, FixState, Kind, Level, Record, Reference, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped
from assay.model.version import Interval

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LEVELS = {
    "critical": Level.CRITICAL,
    "important": Level.HIGH,
    "moderate": Level.MEDIUM,
    "medium": Level.MEDIUM,
    "low": Level.LOW,
}
_RELEASE = re.compile(r"amazon[ -]linux(?:[ -](?:ami|(\d+)))?", re.IGNORECASE)


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """An advisory for each update."""
    for update in xml.each(document.content, 1):
        found = _advisory(update, source) if xml.local(update) == "update" else None
        if found is not None:
            yield found
        else:
            name = xml.text(update, "id") or xml.local(update)
            yield Skipped(f"{document.name} ({name})", "an update that names no package")


def _advisory(update: Element, source: str) -> Advisory | None:
    affected = tuple(dict.fromkeys(_affected(update)))
    name = xml.text(update, "id")
    if not affected or not name:
        return None
    holder = xml.child(update, "references")
    references = xml.children(holder, "reference") if holder is not None else []
    level = _LEVELS.get(xml.text(update, "severity").lower(), Level.UNKNOWN)
    kind = update.get("type", "security")
    return Advisory(
        id=name,
        upstream=tuple(dict.fromkeys(item.get("id", "") for item in references if item.get("type") == "cve")),
        kind=Kind.VULNERABILITY if kind == "security" else Kind.INFORMATIONAL,
        published=_date(update, "issued"),
        modified=_date(update, "updated") or _date(update, "issued"),
        summary=xml.text(update, "title"),
        severities=(Severity(source, level=level),) if level is not Level.UNKNOWN else (),
        references=tuple(Reference(url) for item in references if (url := item.get("href", ""))),
        affected=affected,
    )


def _date(update: Element, name: str) -> str:
    found = xml.child(update, name)
    text = found.get("date", "") if found is not None else ""
    return text[:10]


def _affected(update: Element) -> Iterator[Affected]:
    holder = xml.child(update, "pkglist")
    for collection in xml.children(holder, "collection") if holder is not None else ():
        place = _RELEASE.search(f"{collection.get('short', '')} {xml.text(collection, 'name')}")
        if place is None:
            continue
        ecosystem = f"Amazon Linux:{place[1] or '1'}"
        for package in xml.children(collection, "package"):
            epoch = package.get("epoch", "0")
            version = f"{package.get('version', '')}-{package.get('release', '')}"
            version = f"{epoch}:{version}" if epoch not in ("", "0") else version
            if package.get("name") and len(version) > 1 and package.get("arch") != "src":
                yield Affected(
                    ecosystem,
                    package.get("name", ""),
                    (Interval(high=version),),
                    fixed=(version,),
                    state=FixState.FIXED,
                    binary=True,
                )
