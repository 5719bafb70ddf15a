"""A table of components, read: ours (`assay.formats.component_csv`), and others' with the columns that matter.

A table holds components where its head line has a column ``purl``, or ``name`` and ``version``; the others are known
by their names in any case, and so are those of the CycloneDX CLI (``Group``, ``LicenseExpressions``, ``SHA-256`` ...).
Cells are parted by commas, or by semicolons or tabs, as spreadsheets of some countries do. Rows and cells that cannot
be read are in `skipped`, and columns that nothing is known of.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, TypeVar

from assay.errors import LimitExceeded, Malformed
from assay.formats import digest, purl, spdx_license
from assay.formats.component_csv import COLUMNS, meant
from assay.model.component import Component, ComponentType, Occurrence, Presence, Scope
from assay.model.digest import Digest
from assay.model.license import License
from assay.model.sbom import Sbom, Skipped

MAX_BYTES = 256 << 20
REMEDY = "a table of components has a head line with a column `purl`, or `name` and `version`"

_MAX_HEAD = 8 << 10
_DELIMITERS = ",;\t"
_ALIASES = {
    "group": "namespace",
    "cpe": "cpes",
    "license": "licenses",
    "licenseexpressions": "licenses",
    "licensenames": "license_names",
    "package_url": "purl",
    "packageurl": "purl",
}
_KNOWN = frozenset({*COLUMNS, "license_names", "author", "description", "copyright"})
WORDS: Mapping[str, type[StrEnum]] = {"type": ComponentType, "presence": Presence, "scope": Scope}
"""The columns of which each cell is one of some words."""
_Member = TypeVar("_Member", ComponentType, Presence, Scope)
_LAYER = re.compile(r"-1|[0-9]{1,6}")
_COLUMN = re.compile(r"[^\r\n\"'{}<>]{0,64}")


class Head(NamedTuple):
    """The head line: what parts the cells, and the names of the columns in lower case, by `COLUMNS` where known."""

    delimiter: str
    columns: tuple[str, ...]


class Row(NamedTuple):
    """A line of the table: its number from 1, its cells by column (the first that is filled), how many it has."""

    line: int
    cells: Mapping[str, str]
    width: int


def head(line: str) -> Head | None:
    """What `line` says as the head of a table of components; None for what is none."""
    for delimiter in _DELIMITERS:
        cells = [cell.strip() for cell in items(line.strip("\r\n")[:_MAX_HEAD], delimiter, empty=True)]
        names = tuple(_ALIASES.get(cell.lower(), cell.lower()) for cell in cells)
        if ("purl" in names or {"name", "version"} <= {*names}) and all(map(_COLUMN.fullmatch, cells)):
            return Head(delimiter, names)
    return None


def rows(data: bytes, *, strict: bool = False) -> tuple[Head, Iterator[Row]]:
    """The head and the lines below; raises `Malformed` where there is none, or where a cell never ends (`strict`)."""
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"CSV of {len(data)} bytes (at most {MAX_BYTES})")
    stream = io.StringIO(data.decode("utf-8-sig", "replace"), newline="")
    for before, line in enumerate(stream, 1):
        if line.strip() and not line.startswith("#"):
            found = head(line)
            if found is None:
                break
            return found, _rows(stream, found, before, strict)
    raise Malformed("CSV without the columns of components", REMEDY)


def _rows(stream: io.StringIO, found: Head, before: int, strict: bool) -> Iterator[Row]:
    # The limit of the module (128 KiB) holds for the whole process; a cell of paths may be longer.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_BYTES))
    table = csv.reader(stream, delimiter=found.delimiter, strict=strict)
    line = before
    try:
        for cells in table:
            first, line = line + 1, before + table.line_num
            if any(cell.strip() for cell in cells):
                by_name: dict[str, str] = {}
                for name, cell in zip(found.columns, cells, strict=False):
                    by_name[name] = by_name.get(name) or meant(cell).strip()
                yield Row(first, by_name, len(cells))
    except csv.Error as error:
        raise Malformed(f"line {line + 1} is no CSV: {error}") from error


def items(cell: str, delimiter: str, *, empty: bool = False) -> list[str]:
    """The items of a list in a cell, those without a text only where they are asked for."""
    table = csv.reader(io.StringIO(cell, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        return [item for line in table for item in line if item or empty]
    except csv.Error:
        return []


def read(data: bytes) -> Sbom:
    """A component for each row; raises `Malformed` for what is no table of components."""
    found, table = rows(data)
    components: dict[str, Component] = {}
    skipped: list[Skipped] = []
    unknown: Counter[str] = Counter()
    for row in table:
        skipped += _unread(row, found)
        unknown.update(name for name, cell in row.cells.items() if cell and not is_known(name))
        component = _component(row.cells)
        if component is None:
            continue
        while components.setdefault(component.id, component) != component:
            component = replace(component, ref=f"{component.id}#{row.line}")
    skipped += [
        Skipped(f"column {name or '(without a name)'}", f"nothing is known of it: {count} cells")
        for name, count in sorted(unknown.items())
    ]
    return Sbom(
        Component("csv", type=ComponentType.APPLICATION),
        tuple(components[key] for key in sorted(components)),
        skipped=tuple(skipped),
        source_format="csv",
    )


@lru_cache(1024)
def is_known(column: str) -> bool:
    """Whether the cells of a column, in lower case, are read."""
    return column in _KNOWN or _algorithm(column)


@lru_cache(1024)
def _algorithm(column: str) -> bool:
    """Whether a column holds digests of one algorithm, whose name it has."""
    return any(digest.find(f"{column}:{'0' * length}") for length in (32, 40, 56, 64, 96, 128))


def _component(cells: Mapping[str, str]) -> Component | None:
    """The component of a row; None where the row names none."""
    package = purl.read(cells.get("purl", ""))
    name = cells.get("name", "") or (package.name if package else "")
    if not name:
        return None
    version = cells.get("version", "") or (package.version if package else "")
    component = Component(
        name,
        version,
        type=_member(ComponentType, word(cells, "type"), ComponentType.LIBRARY),
        namespace=cells.get("namespace", "") or (package.namespace if package else ""),
        ecosystem=cells.get("ecosystem", "") or (package.type if package else ""),
        purl=package,
        presence=_member(Presence, word(cells, "presence"), Presence.INSTALLED),
        scope=_member(Scope, word(cells, "scope"), Scope.REQUIRED),
        version_range="" if version else cells.get("version_range", ""),
        licenses=_licenses(cells),
        digests=tuple(item for _, item in digests(cells) if item is not None),
        cpes=tuple(items(cells.get("cpes", ""), " ")),
        occurrences=_occurrences(cells),
        owned_by=cells.get("owned_by", ""),
        supplier=cells.get("supplier", ""),
        author=cells.get("author", ""),
        description=cells.get("description", ""),
        copyright=cells.get("copyright", ""),
    )
    reference = cells.get("id", "")
    return component if reference in ("", component.id) else replace(component, ref=reference)


def _member(kind: type[_Member], text: str, other: _Member) -> _Member:
    return next((member for member in kind if member == text), other)


def word(cells: Mapping[str, str], column: str) -> str:
    """The cell of one of `WORDS` as the nouns write it; others write ``Operating_System``, and ``Null`` for none."""
    text = cells.get(column, "").lower().replace("_", "-")
    return "" if text == "null" else text


def _licenses(cells: Mapping[str, str]) -> tuple[License, ...]:
    found = [
        License(item) if spdx_license.is_valid(item) else License(name=item)
        for item in items(cells.get("licenses", ""), ";")
    ]
    return (*found, *(License(name=item) for item in items(cells.get("license_names", ""), ";")))


def digests(cells: Mapping[str, str]) -> Iterator[tuple[str, Digest | None]]:
    """Each text that stands for a digest, and the digest; None for what is none."""
    for text in cells.get("digests", "").split():
        yield text, digest.find(text)
    for column, cell in cells.items():
        if cell and column not in _KNOWN and _algorithm(column):
            yield cell, digest.find(f"{column}:{cell}")


def _occurrences(cells: Mapping[str, str]) -> tuple[Occurrence, ...]:
    paths = items(cells.get("paths", ""), " ")
    return tuple(map(Occurrence, paths, layers(cells) or [-1] * len(paths)))


def layers(cells: Mapping[str, str]) -> list[int] | None:
    """The layer of each path: one layer is that of all. None where they do not go with the paths."""
    texts, count = cells.get("layers", "").split(), len(items(cells.get("paths", ""), " "))
    if not all(map(_LAYER.fullmatch, texts)) or len(texts) not in ((0, 1, count) if count else (0,)):
        return None
    return [*map(int, texts or ["-1"])] * (1 if len(texts) == count else count)


def _unread(row: Row, found: Head) -> Iterator[Skipped]:
    """What a row says that no component has."""
    place = f"line {row.line}"
    text = row.cells.get("purl", "")
    package = purl.read(text) if text else None
    if text and package is None:
        yield Skipped(place, f"not a purl: {text[:80]!r}")
    if package is None and not row.cells.get("name", ""):
        yield Skipped(place, "it names no component")
    if row.width > len(found.columns):
        yield Skipped(place, f"{row.width} cells, but the head line has {len(found.columns)}")
    for column, kind in WORDS.items():
        if (name := word(row.cells, column)) and name not in set(kind):
            yield Skipped(place, f"unknown {column}: {name[:40]!r}")
    if row.cells.get("version_range") and (row.cells.get("version") or (package and package.version)):
        yield Skipped(place, f"the version range of what has a version: {row.cells['version_range'][:80]!r}")
    if row.cells.get("layers") and layers(row.cells) is None:
        yield Skipped(place, f"not the layers of the paths: {row.cells['layers'][:80]!r}")
    for text, item in digests(row.cells):
        if item is None:
            yield Skipped(place, f"not a digest: {text[:80]!r}")
