"""What is wrong with a VEX document, and how several become one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.errors import AssayError
from assay.formats import purl
from assay.model.vex import Statement, Status, VexDocument

JUSTIFICATIONS = frozenset(
    (
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    )
)


def lint(document: VexDocument) -> list[str]:
    """What is missing, wrong or contradicting, a line each (OpenVEX 0.2.0, "Statement requirements")."""
    problems = []
    if not document.statements:
        problems.append("the document says nothing: it has no statements")
    if not document.time:
        problems.append("the document has no timestamp")
    for number, item in enumerate(document.statements, 1):
        problems += [f"statement {number}: {text}" for text in _statement(item)]
    return [*problems, *_contradictions(document)]


def _statement(item: Statement) -> Iterator[str]:
    if not item.vulnerability:
        yield "it names no vulnerability"
    if not item.products:
        yield "it names no product"
    if item.status is Status.NOT_AFFECTED and not (item.justification or item.impact):
        yield "not_affected needs a justification or an impact statement"
    if item.justification and item.justification not in JUSTIFICATIONS:
        yield f"{item.justification!r} is no justification"
    if item.justification and item.status is not Status.NOT_AFFECTED:
        yield f"{item.status} takes no justification"
    if item.status is Status.AFFECTED and not item.action:
        yield "affected needs an action statement"
    for product in item.products:
        if not product.ids:
            yield "a product without an id"
        for name in (*product.ids, *(name for part in product.subcomponents for name in part)):
            if name.startswith("pkg:") and not _is_purl(name):
                yield f"{name} is no package URL"


def _is_purl(text: str) -> bool:
    try:
        purl.parse(text)
    except AssayError:
        return False
    return True


def _contradictions(document: VexDocument) -> Iterator[str]:
    """Statements of the same time about the same thing that differ."""
    seen: dict[tuple[object, ...], Status] = {}
    for item in document.statements:
        for product in item.products:
            key = item.vulnerability[:1], product, item.time
            before = seen.setdefault(key, item.status)
            if before is not item.status:
                name = item.vulnerability[0] if item.vulnerability else "?"
                yield f"{name} is {before} and {item.status} at the same time for {', '.join(product.ids)}"


def merge(documents: Sequence[VexDocument], author: str, time: str) -> VexDocument:
    """All statements, by vulnerability and then by time; the same one is kept once."""
    statements: dict[Statement, None] = {}
    for document in documents:
        for item in document.statements:
            statements[item._replace(origin="", time=item.time or document.time)] = None
    ordered = sorted(statements, key=lambda item: (item.vulnerability[:1], item.time, item.products))
    writers = dict.fromkeys(document.author for document in documents if document.author)
    version = max((document.version for document in documents), default=1)
    return VexDocument(
        "openvex", author=author or ", ".join(writers), time=time, version=version, statements=tuple(ordered)
    )
