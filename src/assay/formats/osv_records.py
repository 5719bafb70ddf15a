"""Files of OSV records: JSON, JSON lines, and YAML (PyPA's advisory database)."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import AssayError
from assay.formats import json_records, osv
from assay.formats.json import as_object
from assay.model.advisory import Record
from assay.model.feed import Document
from assay.model.sbom import Skipped


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisories of a file."""
    if document.name.endswith((".yaml", ".yml")):
        yield from _yaml(document, source)
    else:
        yield from json_records.records(document, lambda item: osv.read(item, source))


def _yaml(document: Document, source: str) -> Iterator[Record | Skipped]:
    from assay.formats import yaml

    try:
        yield osv.read(as_object(yaml.load(document.content)), source)
    except AssayError as error:
        yield Skipped(document.name, error.what)
