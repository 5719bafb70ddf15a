"""OpenVEX: what is affected, and what was found not to be, as statements about the subject.

OpenVEX has no field for what could not be judged: the text about the tool tells it.
"""

from __future__ import annotations

import hashlib

from assay import __version__
from assay.formats import openvex
from assay.model.finding import Finding, Scan
from assay.model.vex import Product, Statement, Status, VexDocument
from assay.report.findings import words
from assay.report.findings.format import Format, Options

FORMAT = Format("openvex", "OpenVEX", (".openvex.json", ".vex.json"), "application/json", ("0.2.0",), "0.2.0")


def write(scan: Scan, options: Options) -> bytes:
    """The document."""
    return openvex.write(document(scan))


def document(scan: Scan) -> VexDocument:
    """The statements about all findings; the id of the document derives from them."""
    statements = tuple(_statement(item, scan) for item in (*scan.findings, *scan.suppressed))
    text = "\n".join(f"{item.vulnerability} {item.status} {item.products}" for item in statements)
    name = hashlib.sha256(f"{scan.sbom.subject.id}\n{text}".encode("utf-8", "replace")).hexdigest()
    return VexDocument(
        form="openvex",
        id=f"https://assay.dev/vex/{name[:32]}",
        author="assay",
        role="scanner",
        time=scan.timestamp,
        statements=statements,
        tool="; ".join((f"assay {__version__}", *words.gap_lines(scan))),
    )


def _statement(item: Finding, scan: Scan) -> Statement:
    found, component, subject = item.vulnerability, item.component, scan.sbom.subject
    part = (str(component.purl) if component.purl is not None else component.id,)
    whole = (str(subject.purl),) if subject.purl is not None else ()
    product = Product(whole, (part,)) if whole else Product(part)
    said = item.suppression
    if said is None:
        action = f"update to {item.clears or item.fixed[0]}" if item.clears or item.fixed else "no fix is known"
        status = Status(item.analysis.status) if item.analysis is not None else Status.AFFECTED
        return Statement(found.ids, status, (product,), action=action, time=scan.timestamp)
    status = Status(said.status) if said.status else Status.NOT_AFFECTED
    justification = said.justification
    impact = said.reason or str(said.cause)
    return Statement(found.ids, status, (product,), justification, impact, time=scan.timestamp)
