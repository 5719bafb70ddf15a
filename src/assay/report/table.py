"""The components of an SBOM as aligned text, for a terminal::

    registry.example/app 1.0 (container, Debian GNU/Linux 12): 3 components

    NAME     VERSION      ECOSYSTEM  LICENCE           PRESENCE
    bash     5.2.15-2+b7  deb        GPL-3.0-or-later  installed
    left     >=1,<2       npm                          declared, optional

Nothing in it depends on the terminal: no colours, no cutting to its width. What was skipped is counted below.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from assay.model.component import Component, Scope
from assay.model.sbom import Sbom
from assay.report.console import printable
from assay.report.license_text import license_text

_HEAD = ("NAME", "VERSION", "ECOSYSTEM", "LICENCE", "PRESENCE")
_WIDEST = 60


def write(sbom: Sbom, version: str) -> bytes:
    """The table; `version` is empty, the format has none."""
    rows = sorted((_row(component) for component in sbom.components), key=lambda row: (row[0].lower(), row))
    parts = [_title(sbom)]
    if rows:
        parts += ["", *aligned([_HEAD, *rows])]
    if sbom.skipped:
        parts += ["", f"{_count(len(sbom.skipped), 'entry', 'entries')} could not be read:"]
        parts += [f"  {printable(item.path)}: {printable(item.reason)}" for item in sbom.skipped]
    return ("\n".join(parts) + "\n").encode("utf-8", "replace")


def _title(sbom: Sbom) -> str:
    subject, system = sbom.subject, sbom.distribution
    about = [str(subject.type).replace("-", " ")]
    if system is not None:
        about.append(system.pretty_name or f"{system.id} {system.version_id}".strip())
    name = printable(f"{subject.name} {subject.version}".strip())
    return f"{name} ({printable(', '.join(about))}): {_count(len(sbom.components), 'component', 'components')}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _row(component: Component) -> tuple[str, ...]:
    name = f"{component.namespace}/{component.name}" if component.namespace else component.name
    licenses = license_text(component.licenses)
    presence = str(component.presence)
    if component.scope is not Scope.REQUIRED:
        presence += ", " + ("development" if component.scope is Scope.EXCLUDED else str(component.scope))
    cells = (
        name,
        component.version or component.version_range,
        component.world or component.type,
        licenses,
        presence,
    )
    return tuple(_cut(printable(cell)) for cell in cells)


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """`rows` as lines with their columns aligned, two blanks between, none at the ends."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """Columns of a terminal that `text` takes (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
