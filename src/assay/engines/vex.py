"""Applies VEX statements to findings.

A statement speaks of a finding when it names the vulnerability (any id of the group) and the component: as its product,
as a subcomponent of the product that was scanned, or because the product is what was scanned and no subcomponent is
named. Of several the most specific product counts, then the newest, then the one of the later document.
``not_affected`` and ``fixed`` hide the finding; the other two are added to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.formats import purl as purls
from assay.model.advisory import Kind
from assay.model.component import Component
from assay.model.finding import Analysis, Cause, Finding, Suppression
from assay.model.purl import Purl
from assay.model.vex import Product, Statement, Status, VexDocument

_HIDING = frozenset((Status.NOT_AFFECTED, Status.FIXED))


def apply(
    findings: Iterable[Finding], documents: Sequence[VexDocument], subject: Component, *, trusted: bool = True
) -> tuple[list[Finding], list[Finding]]:
    """The findings that stay (some with an analysis), and those that are hidden.

    Statements that are not `trusted` (they came with what was scanned) never hide a malicious package or a
    vulnerability known to be exploited.
    """
    by_id: dict[str, list[tuple[int, Statement]]] = {}
    for number, said in enumerate(item for document in documents for item in document.statements):
        for name in said.vulnerability:
            by_id.setdefault(name.upper(), []).append((number, said))
    if not by_id:
        return list(findings), []
    stay, hidden = [], []
    for finding in findings:
        statement = _deciding(finding, by_id, subject)
        if statement is None:
            stay.append(finding)
        elif statement.status in _HIDING and (trusted or not _grave(finding)):
            hidden.append(finding._replace(suppression=_suppression(statement)))
        else:
            stay.append(finding._replace(analysis=_analysis(statement)))
    return stay, hidden


def _grave(finding: Finding) -> bool:
    return finding.vulnerability.kind is Kind.MALICIOUS or finding.vulnerability.exploited is not None


def _deciding(finding: Finding, by_id: dict[str, list[tuple[int, Statement]]], subject: Component) -> Statement | None:
    best: tuple[tuple[int, str, int], Statement] | None = None
    for name in finding.vulnerability.ids:
        for number, statement in by_id.get(name.upper(), ()):
            weight = concerns(statement, finding.component, subject)
            rank = weight, statement.time, number
            if weight and (best is None or rank > best[0]):
                best = rank, statement
    return best[1] if best is not None else None


def concerns(statement: Statement, component: Component, subject: Component) -> int:
    """How specifically a statement speaks of a component of the subject; 0 where it does not."""
    if not statement.products:
        return 1
    return max((_weight(product, component, subject) for product in statement.products), default=0)


def _weight(product: Product, component: Component, subject: Component) -> int:
    if any(_same(name, component) for name in product.ids) and not product.subcomponents:
        return 3
    if any(_same(name, subject) for name in product.ids):
        if not product.subcomponents:
            return 2
        if any(_same(name, component) for part in product.subcomponents for name in part):
            return 4
    return 0


def _same(name: str, component: Component) -> bool:
    """Whether an id (purl, digest, CPE, bom-ref, plain name) is this component's."""
    if name.startswith("pkg:"):
        wanted = _purl(name)
        return wanted is not None and component.purl is not None and _covers(wanted, component.purl)
    if name in (component.ref, component.id) or name in component.cpes:
        return True
    digests = {f"{item.algorithm}:{item.value}" for item in component.digests}
    return name in digests or name.rpartition("@")[2] in digests or name == component.name


def _covers(wanted: Purl, ours: Purl) -> bool:
    """OpenVEX's rule: what the statement's purl leaves out matches anything."""
    if (wanted.type, wanted.namespace, wanted.name) != (ours.type, ours.namespace, ours.name):
        return False
    if wanted.version and wanted.version != ours.version:
        return False
    known = dict(ours.qualifiers)
    return all(known.get(key) == value for key, value in wanted.qualifiers)


def _purl(text: str) -> Purl | None:
    from assay.errors import AssayError

    try:
        return purls.parse(text)
    except AssayError:
        return None


def _suppression(statement: Statement) -> Suppression:
    return Suppression(
        Cause.VEX,
        statement.impact or statement.action,
        statement.origin,
        status=str(statement.status),
        justification=statement.justification,
    )


def _analysis(statement: Statement) -> Analysis:
    return Analysis(
        str(statement.status),
        statement.justification,
        statement.impact or statement.action,
        ", ".join(statement.response),
        statement.origin,
    )
