"""``-o FORMAT[@VERSION][=PATH]``: what is to be written where, checked before the work begins."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from assay.cli import Context
from assay.errors import UsageError
from assay.model.sbom import Sbom
from assay.model.sbom_format import Format

_TEMPLATE = "template"


class Target(NamedTuple):
    """One document to write; `path` is None for standard output."""

    format: Format
    version: str
    path: Path | None
    template: str = ""

    @property
    def name(self) -> str:
        """``cyclonedx-json@1.7``, the way evidence names a document."""
        return f"{self.format.name}@{self.version}" if self.version else self.format.name


def targets(specifications: Sequence[str], template: str | None, terminal: bool) -> tuple[Target, ...]:
    """The targets of a run; by default a table on a terminal and CycloneDX JSON elsewhere.

    Raises `UsageError` for an unknown format, a folder that is not there, and two documents for one place.
    """
    chosen = tuple(_target(text, template) for text in specifications or (("table" if terminal else "cyclonedx-json"),))
    places = [target.path for target in chosen]
    for place in places:
        if places.count(place) > 1:
            raise UsageError(
                f"two documents for {place or 'standard output'}", "give each its own file: -o FORMAT=PATH"
            )
    return chosen


def _target(text: str, template: str | None) -> Target:
    from assay.report import formats

    name, _, place = text.partition("=")
    path = Path(place) if place and place != "-" else None
    if path is not None and not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder", "make it first, or write somewhere else")
    if path is not None and path.is_dir():
        raise UsageError(f"{path} is a folder", "name a file in it")
    found, version = formats.parse(name)
    if found.name == _TEMPLATE and not template:
        raise UsageError("-o template needs a template", "name one with --template FILE")
    return Target(found, version, path, (template or "") if found.name == _TEMPLATE else "")


def write(sbom: Sbom, wanted: Sequence[Target], context: Context) -> list[bytes]:
    """Write all documents, each whole or not at all, and say what a format cannot hold."""
    from assay.report import formats

    documents = []
    for target in wanted:
        if target.template:
            document = _rendered(sbom, target.template)
        else:
            document = formats.write(sbom, target.format.name, target.version)
        if not target.format.interactive:
            for loss in formats.losses(sbom, target.format.name, target.version):
                context.note(f"{target.name}: {loss}")
        _put(document, target.path)
        documents.append(document)
    return documents


def _rendered(sbom: Sbom, template: str) -> bytes:
    from assay.report.template import render

    try:
        text = Path(template).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"the template {template} cannot be read: {error}", "check the path") from error
    return render(sbom, text)


def _put(document: bytes, path: Path | None) -> None:
    if path is None:
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
        return
    from assay.adapters.output import writing

    with writing(path) as file:
        file.write(document)
