"""One HTML page that holds a whole SBOM and asks no server for anything.

``page.html`` is the frame, ``page.css`` and ``page.js`` are put into it, and the SBOM goes once into a JSON block
(`assay.report.html.content`). Names come from strangers: in the frame they are escaped, in the JSON block ``<`` is, and
the script builds the page from text nodes only. A content security policy with the digests of our own style and
script forbids everything else.
"""

from __future__ import annotations

import html
import json

from assay import __version__
from assay.model.sbom import Sbom
from assay.report import self_contained
from assay.report.html.content import content


def write(sbom: Sbom, version: str) -> bytes:
    """The page; `version` is empty, the format has none."""
    subject = sbom.subject
    name = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    values = {
        "data": _embedded(content(sbom)),
        "title": html.escape(f"SBOM of {name or 'unnamed'}"),
        "heading": html.escape(" ".join((name or "unnamed", self_contained.short(subject.version))).strip()),
        "subtitle": html.escape(_subtitle(sbom)),
        "generator": html.escape(f"assay {__version__}"),
        "count": str(len(sbom.components)),
    }
    return self_contained.page("assay.report.html", "page", values)


def _embedded(value: object) -> str:
    """JSON that cannot end its script element nor open a comment in it (HTML, 4.12.1.3)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _subtitle(sbom: Sbom) -> str:
    parts = [str(sbom.subject.type).replace("-", " ")]
    if sbom.distribution is not None:
        parts.append(sbom.distribution.pretty_name or f"{sbom.distribution.id} {sbom.distribution.version_id}".strip())
    if sbom.subject.supplier:
        parts.append(sbom.subject.supplier)
    if sbom.timestamp:
        parts.append(sbom.timestamp)
    return " · ".join(parts)
