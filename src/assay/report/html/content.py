"""What the page shows of an SBOM, as small as it gets: components as arrays, edges as numbers.

::

    {"fields": ["name", "version", ...], "components": [["app", "1.0", ...], ...], "edges": [[1, 2], [], ...],
     "layers": [...], "skipped": [...], "document": [["Timestamp", "2026-01-01T00:00:00Z"], ...]}

Component 0 is the subject; ``edges[n]`` lists the numbers of what component ``n`` needs.
"""

from __future__ import annotations

from collections.abc import Iterable

from assay.errors import Malformed
from assay.formats import spdx_expression
from assay.model.component import Component
from assay.model.sbom import Sbom
from assay.report.license_text import license_text

FIELDS = [
    "name",
    "version",
    "range",
    "namespace",
    "ecosystem",
    "type",
    "license",
    "licenses",
    "purl",
    "presence",
    "scope",
    "supplier",
    "author",
    "description",
    "copyright",
    "owned_by",
    "cpes",
    "digests",
    "references",
    "occurrences",
    "properties",
]


def content(sbom: Sbom) -> dict[str, object]:
    """The JSON block of the page."""
    everyone = (sbom.subject, *sbom.components)
    numbers = {component.id: number for number, component in enumerate(everyone)}
    return {
        "fields": FIELDS,
        "components": [_values(component) for component in everyone],
        "edges": [_numbers(sbom.dependencies.get(component.id, ()), numbers) for component in everyone],
        "layers": [
            {"position": item.position, "digest": item.digest, "created_by": item.created_by, "size": item.size}
            for item in sbom.layers
        ],
        "skipped": [{"path": item.path, "reason": item.reason, "layer": item.layer} for item in sbom.skipped],
        "document": [[label, value] for label, value in _facts(sbom) if value],
    }


def _numbers(ids: Iterable[str], numbers: dict[str, int]) -> list[int]:
    return [numbers[key] for key in ids if key in numbers]


def license_ids(component: Component) -> list[str]:
    """Each licence of a component by itself, for counting: ``MIT OR Zlib`` counts as both."""
    found: dict[str, None] = {}
    for item in component.licenses:
        try:
            leaves = spdx_expression.leaves(spdx_expression.parse(item.expression)) if item.expression else []
        except Malformed:
            leaves = []
        names = [f"{leaf.license} WITH {leaf.exception}" if leaf.exception else leaf.license for leaf in leaves]
        found |= dict.fromkeys(names or [item.expression or item.name])
    return list(found)


def _values(component: Component) -> list[object]:
    return [
        component.name,
        component.version,
        component.version_range,
        component.namespace,
        component.world,
        str(component.type),
        license_text(component.licenses),
        license_ids(component),
        str(component.purl) if component.purl else "",
        str(component.presence),
        str(component.scope),
        component.supplier,
        component.author,
        component.description,
        component.copyright,
        component.owned_by,
        list(component.cpes),
        [str(item) for item in component.digests],
        [[item.type, item.url] for item in component.references],
        [[item.path, item.layer] for item in component.occurrences],
        [[item.name, item.value] for item in component.properties],
    ]


def _facts(sbom: Sbom) -> Iterable[tuple[str, str]]:
    subject, system = sbom.subject, sbom.distribution
    yield "Subject", f"{subject.name} {subject.version}".strip()
    yield "Identity", str(subject.purl) if subject.purl else ""
    yield "Type", str(subject.type)
    yield "Digests", ", ".join(map(str, (*subject.digests, *sbom.digests)))
    yield "Operating system", (system.pretty_name or f"{system.id} {system.version_id}") if system else ""
    yield "Timestamp", sbom.timestamp
    yield "Made by", ", ".join(f"{tool.name} {tool.version}".strip() for tool in sbom.tools)
    yield "Authors", ", ".join(sbom.authors)
    yield "Supplier of the document", sbom.supplier
    yield "Generation context", ", ".join(sbom.lifecycles)
    yield "Completeness", str(sbom.completeness).replace("_", " ")
    yield "Read from", sbom.source_format
    yield "Serial number", sbom.serial
    for item in sbom.properties:
        yield item.name, item.value
