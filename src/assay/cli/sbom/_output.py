"""``-o FORMAT[@VERSION][=PATH]`` of the commands that write SBOMs."""

from __future__ import annotations

from collections.abc import Sequence

from assay.cli import Context, _documents
from assay.model.sbom import Sbom
from assay.model.sbom_format import Format

Target = _documents.Target[Format]


def targets(specifications: Sequence[str], template: str | None, terminal: bool) -> tuple[Target, ...]:
    """The targets of a run; by default a table on a terminal and CycloneDX JSON elsewhere. Raises `UsageError`."""
    from assay.report import formats

    chosen = specifications or (("table" if terminal else "cyclonedx-json"),)
    return _documents.targets(chosen, template, formats.parse)


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
                context.note(f"{target.name} cannot hold {loss}")
        _documents.put(document, target.path)
        documents.append(document)
    return documents


def _rendered(sbom: Sbom, template: str) -> bytes:
    from assay.report.template import render

    return render(sbom, _documents.template(template))
