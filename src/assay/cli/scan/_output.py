"""``-o FORMAT[@VERSION][=PATH]`` of `assay scan`: what is to be written where, checked before the work begins."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay.cli import Context
from assay.errors import UsageError

if TYPE_CHECKING:
    from assay.adapters.configuration import Settings
    from assay.model.finding import Scan
    from assay.report.findings.formats import Format


class Target(NamedTuple):
    """One document to write; `path` is None for standard output."""

    format: Format
    version: str
    path: Path | None
    template: str = ""


def targets(specifications: Sequence[str], template: str | None, terminal: bool) -> tuple[Target, ...]:
    """The targets of a run; by default a table on a terminal and JSON elsewhere."""
    chosen = tuple(_target(text, template) for text in specifications or (("table" if terminal else "json"),))
    places = [target.path for target in chosen]
    for place in places:
        if places.count(place) > 1:
            what = f"two documents for {place or 'standard output'}"
            raise UsageError(what, "give each its own file: -o FORMAT=PATH")
    return chosen


def _target(text: str, template: str | None) -> Target:
    from assay.report.findings import formats

    name, _, place = text.partition("=")
    path = Path(place) if place and place != "-" else None
    if path is not None and not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder", "make it first, or write somewhere else")
    if path is not None and path.is_dir():
        raise UsageError(f"{path} is a folder", "name a file in it")
    found, version = formats.parse(name)
    if found.name == "template" and not template:
        raise UsageError("-o template needs a template", "name one with --template FILE")
    return Target(found, version, path, template or "")


def write(found: Scan, wanted: Sequence[Target], settings: Settings, context: Context) -> list[bytes]:
    """Write all documents, each whole or not at all."""
    from assay.report.findings import formats

    documents = []
    for target in wanted:
        options = formats.Options(
            version=target.version,
            group_by=settings.text("scan.group-by"),
            template=_template(target.template) if target.format.name == "template" else "",
            style=context.style if target.path is None else None,
        )
        document = formats.write(found, target.format.name, options)
        _put(document, target.path)
        documents.append(document)
    return documents


def _template(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"the template {name} cannot be read: {error}", "check the path") from error


def _put(document: bytes, path: Path | None) -> None:
    if path is None:
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
        return
    from assay.adapters.output import writing

    with writing(path) as file:
        file.write(document)


def record(found: Scan, wanted: Sequence[Target], documents: Sequence[bytes], context: Context) -> None:
    """Keep the result in the evidence store: the JSON report, whatever else was written."""
    from assay import app
    from assay.report.findings import formats

    made = next((data for target, data in zip(wanted, documents, strict=True) if target.format.name == "json"), None)
    document = made if made is not None else formats.write(found, "json", formats.Options())
    with context.evidence(context.settings()) as store:
        app.record(store, "scan", found.sbom, document, "application/json")
