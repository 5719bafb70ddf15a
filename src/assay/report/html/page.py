"""One HTML page that holds a whole SBOM and asks no server for anything.

``page.html`` is the frame, ``page.css`` and ``page.js`` are put into it, and the SBOM goes once into a JSON block
(`assay.report.html.content`). Names come from strangers: in the frame they are escaped, in the JSON block ``<`` is, and
the script builds the page from text nodes only. A content security policy with the digests of our own style and
script forbids everything else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib import resources

from assay import __version__
from assay.model.sbom import Sbom
from assay.report.html.content import content

_PLACE = re.compile(r"\{\{([a-z-]+)\}\}")


def write(sbom: Sbom, version: str) -> bytes:
    """The page; `version` is empty, the format has none."""
    files = resources.files("assay.report.html")
    frame, style, script = (files.joinpath(name).read_text("utf-8") for name in ("page.html", "page.css", "page.js"))
    subject = sbom.subject
    name = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    values = {
        "style": style,
        "script": script,
        "style-hash": _hash(style),
        "script-hash": _hash(script),
        "data": _embedded(content(sbom)),
        "title": html.escape(f"SBOM of {name or 'unnamed'}"),
        "heading": html.escape(" ".join((name or "unnamed", _short(subject.version))).strip()),
        "subtitle": html.escape(_subtitle(sbom)),
        "generator": html.escape(f"assay {__version__}"),
        "count": str(len(sbom.components)),
    }
    return _PLACE.sub(lambda match: values[match[1]], frame).encode("utf-8", "replace")


def _hash(text: str) -> str:
    """The digest of an inline element as a content security policy names it (CSP 3, 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _embedded(value: object) -> str:
    """JSON that cannot end its script element nor open a comment in it (HTML, 4.12.1.3)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _short(version: str) -> str:
    """A version for a heading: of an image's digest what tells it apart; the document tab has all of it."""
    algorithm, colon, value = version.partition(":")
    return f"{algorithm}:{value[:12]}…" if colon and len(value) >= 64 else version


def _subtitle(sbom: Sbom) -> str:
    parts = [str(sbom.subject.type).replace("-", " ")]
    if sbom.distribution is not None:
        parts.append(sbom.distribution.pretty_name or f"{sbom.distribution.id} {sbom.distribution.version_id}".strip())
    if sbom.subject.supplier:
        parts.append(sbom.subject.supplier)
    if sbom.timestamp:
        parts.append(sbom.timestamp)
    return " · ".join(parts)
