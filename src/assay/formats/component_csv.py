"""Comma-separated values (RFC 4180): a line per component, with a head line; lists are joined by blanks.

A cell that a spreadsheet would run as a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import re

from assay.model.component import Component
from assay.model.sbom import Sbom

COLUMNS = (
    "id",
    "type",
    "ecosystem",
    "namespace",
    "name",
    "version",
    "version_range",
    "presence",
    "scope",
    "purl",
    "cpes",
    "licenses",
    "supplier",
    "digests",
    "paths",
    "layers",
    "owned_by",
)


def write(sbom: Sbom, version: str = "") -> bytes:
    """The table, components by id."""
    del version
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([harmless(cell) for cell in _row(component)] for component in sbom.components)
    return text.getvalue().encode("utf-8", "replace")


def _row(component: Component) -> tuple[str, ...]:
    seen = component.occurrences
    return (
        component.id,
        component.type,
        component.world,
        component.namespace,
        component.name,
        component.version,
        component.version_range,
        component.presence,
        component.scope,
        str(component.purl) if component.purl else "",
        " ".join(component.cpes),
        "; ".join(license.expression or license.name for license in component.licenses),
        component.supplier,
        " ".join(map(str, component.digests)),
        " ".join(dict.fromkeys(item.path for item in seen)),
        " ".join(dict.fromkeys(str(item.layer) for item in seen if item.layer >= 0)),
        component.owned_by,
    )


def harmless(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would take for a formula (OWASP, "CSV Injection").

    Blanks before it, and the wide forms of East Asian keyboards, do not keep all of them from running it. A scope
    (``@babel``) is none: a formula that begins with ``@`` calls a function.
    """
    if not _FORMULA.match(cell) or _SCOPE.fullmatch(cell):
        return str(cell)
    return f"'{cell}"


_FORMULA = re.compile(r"[ \u3000]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_SCOPE = re.compile(r"@[\w.~-]+(/[\w.~@/-]+)?")


def losses(sbom: Sbom, version: str = "") -> tuple[str, ...]:
    """A table of components has no graph and no document around it."""
    del version
    lines = ["the subject and what the document says of itself"]
    return (*lines, "dependencies") if sbom.dependencies else tuple(lines)
