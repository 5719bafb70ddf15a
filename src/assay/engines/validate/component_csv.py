"""Tables of components: the columns by which they are known, and what stands in each of them.

A cell is wrong where a reader would have to pass over it: a purl that is none, a type, scope or presence that nobody
knows, a digest that is none, an owner that is not in the table, layers that do not go with the paths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from assay.engines.validate.problem import MAX_PROBLEMS, Problem
from assay.errors import Malformed
from assay.formats import component_csv_reader, purl
from assay.formats.component_csv_reader import Head, Row


def problems(data: bytes, version: str, strict: bool = False) -> list[Problem]:
    """Where a table breaks the rules, at most fifty places; `strict` forbids columns of which nothing is known."""
    del version
    found: list[Problem] = []
    try:
        head, table = component_csv_reader.rows(data, strict=True)
        for problem in islice(_all(head, table, strict), MAX_PROBLEMS):
            found.append(problem)  # one by one: those before a cell that never ends are told, too
    except Malformed as error:
        found.append(Problem("", error.what))
    return found


def _all(head: Head, table: Iterator[Row], strict: bool) -> Iterator[Problem]:
    for name, count in Counter(filter(None, head.columns)).items():
        if count > 1:
            yield Problem("", f"column {name!r} is there {count} times")
        if strict and not component_csv_reader.is_known(name):
            yield Problem("", f"nothing is known of column {name!r}")
    seen: dict[str, int] = {}
    owned: list[tuple[int, str]] = []
    for row in table:
        yield from _row(row, head)
        name = row.cells.get("id", "")
        if name and seen.setdefault(name, row.line) != row.line:
            yield Problem(f"line {row.line}", f"the id is that of line {seen[name]}, too: {name[:80]!r}")
        if row.cells.get("owned_by"):
            owned.append((row.line, row.cells["owned_by"]))
    if "id" in head.columns:
        for line, owner in owned:
            if owner not in seen:
                yield Problem(f"line {line}", f"owned_by names no id of the table: {owner[:80]!r}")


def _row(row: Row, head: Head) -> Iterator[Problem]:
    place, cells = f"line {row.line}", row.cells
    if row.width != len(head.columns):
        yield Problem(place, f"has {row.width} cells, but the head line {len(head.columns)}")
    text = cells.get("purl", "")
    if text and purl.read(text) is None:
        yield Problem(place, f"no purl: {text[:80]!r}")
    if not text and not cells.get("name"):
        yield Problem(place, "names no component: neither name nor purl")
    if cells.get("version") and cells.get("version_range"):
        yield Problem(place, "has both a version and a version range")
    for column, kind in component_csv_reader.WORDS.items():
        word = component_csv_reader.word(cells, column)
        if word and word not in set(kind):
            yield Problem(place, f"{column} {word[:40]!r} is none of {', '.join(kind)}")
    if component_csv_reader.layers(cells) is None:
        yield Problem(place, f"the layers are not those of the paths: {cells['layers'][:80]!r}")
    for text, digest in component_csv_reader.digests(cells):
        if digest is None:
            yield Problem(place, f"no digest: {text[:80]!r}")
