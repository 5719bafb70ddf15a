"""Comma-separated values (RFC 4180): a line per component, with a head line; lists are joined by blanks.

::

    id,type,ecosystem,namespace,name,version,...,purl,...,licenses,...,paths,...
    pkg:npm/a@1,library,npm,,a,1,...,pkg:npm/a@1,...,MIT; Zlib,...,"app/a.lock ""my app/a.lock"" b.lock",...

An item of a list with its separator in it is quoted as a cell is. A cell that a spreadsheet would run as a formula
gets an apostrophe in front. `assay.formats.component_csv_reader` reads it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from assay.model.component import Component
from assay.model.license import Acknowledgement, License
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
    paths, layers = _places(component)
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
        _joined(" ", component.cpes),
        _joined("; ", (license.expression or license.name for license in component.licenses)),
        component.supplier,
        " ".join(map(str, component.digests)),
        _joined(" ", paths),
        " ".join(map(str, layers)),
        component.owned_by,
    )


def _places(component: Component) -> tuple[Iterable[str], Iterable[int]]:
    """The paths and the layer of all of them; where layers differ, the layer of each path (-1: of none)."""
    seen = [item for item in component.occurrences if item.path]
    layers = {item.layer for item in seen}
    if len(layers) > 1:
        each = dict.fromkeys((item.path, item.layer) for item in seen)
        return [path for path, _ in each], [layer for _, layer in each]
    return dict.fromkeys(item.path for item in seen), layers - {-1}


def _joined(separator: str, items: Iterable[str]) -> str:
    return separator.join(_quoted(item, separator[0]) for item in items if item)


def _quoted(item: str, separator: str) -> str:
    """The item as it stands, in quotes where the list would otherwise be cut in it."""
    if separator in item or re.search(r'["\r\n]|\A\s|\s\Z', item):
        return '"' + item.replace('"', '""') + '"'
    return item


def harmless(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would take for a formula (OWASP, "CSV Injection").

    Blanks before it, and the wide forms of East Asian keyboards, do not keep all of them from running it. A scope
    (``@babel``) is none: a formula that begins with ``@`` calls a function. `meant` takes the apostrophe away again,
    and so there is one before a cell that already looks like that.
    """
    if not _FORMULA.match(cell) or _SCOPE.fullmatch(cell):
        return str(cell)
    return f"'{cell}"


def meant(cell: str) -> str:
    """The text that `harmless` made the cell of."""
    return cell[1:] if cell[:1] == "'" and harmless(cell[1:]) == cell else cell


_FORMULA = re.compile(r"'*(?:[ \u3000]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
_SCOPE = re.compile(r"@[\w.~-]+(/[\w.~@/-]+)?")


def losses(sbom: Sbom, version: str = "") -> tuple[str, ...]:
    """A table of components has no graph and no document around it, and no column for what few components have."""
    from assay.formats import unheld

    del version
    kinds = {
        "authors": sum(bool(component.author) for component in sbom.components),
        "descriptions": sum(bool(component.description) for component in sbom.components),
        "copyright texts": sum(bool(component.copyright) for component in sbom.components),
        "references": sum(bool(component.references) for component in sbom.components),
        "properties": sum(bool(component.properties) for component in sbom.components),
        "more of the licences than their names": sum(any(map(_says_more, each.licenses)) for each in sbom.components),
        "parsers and lines of the places": sum(
            any(seen.found_by or seen.line for seen in component.occurrences) for component in sbom.components
        ),
    }
    lines = ["the subject and what the document says of itself"]
    lines += ["dependencies"] if sbom.dependencies else []
    lines += [f"{what} of {count} components" for what, count in kinds.items() if count]
    return (*lines, *unheld.lines(sbom, "csv"))


def _says_more(license: License) -> bool:
    return bool(license.text or license.url or license.acknowledgement is not Acknowledgement.DECLARED)
