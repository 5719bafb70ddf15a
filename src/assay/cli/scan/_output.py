"""``-o FORMAT[@VERSION][=PATH]`` of `assay scan`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.cli import Context, _documents

if TYPE_CHECKING:
    from assay.adapters.configuration import Settings
    from assay.model.finding import Scan
    from assay.report.findings.format import Format

    Target = _documents.Target[Format]


def targets(specifications: Sequence[str], template: str | None, terminal: bool) -> tuple[Target, ...]:
    """The targets of a run; by default a table on a terminal and JSON elsewhere. Raises `UsageError`."""
    from assay.report.findings import formats

    return _documents.targets(specifications or (("table" if terminal else "json"),), template, formats.parse)


def write(found: Scan, wanted: Sequence[Target], settings: Settings, context: Context) -> list[bytes]:
    """Write all documents, each whole or not at all."""
    from assay.report.findings import formats

    documents = []
    for target in wanted:
        options = formats.Options(
            version=target.version,
            group_by=settings.text("scan.group-by"),
            template=_documents.template(target.template) if target.format.name == "template" else "",
            style=context.style if target.path is None else None,
        )
        document = formats.write(found, target.format.name, options)
        _documents.put(document, target.path)
        documents.append(document)
    return documents


def record(found: Scan, wanted: Sequence[Target], documents: Sequence[bytes], context: Context) -> None:
    """Keep the result in the evidence store: the JSON report, whatever else was written."""
    from assay import app
    from assay.report.findings import formats

    made = next((data for target, data in zip(wanted, documents, strict=True) if target.format.name == "json"), None)
    document = made if made is not None else formats.write(found, "json", formats.Options())
    with context.evidence(context.settings()) as store:
        app.record(store, "scan", found.sbom, document, "application/json")
