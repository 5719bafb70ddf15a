"""HTML pages that ask no server for anything: a frame with our style and script, and texts from strangers escaped.

The frame names the digests of style and script in its content security policy, which forbids everything else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from html import escape
from importlib import resources

from assay.report.console import printable

_PLACE = re.compile(r"\{\{([a-z-]+)\}\}")


def page(package: str, name: str, values: Mapping[str, str]) -> bytes:
    """``NAME.html`` of a package with ``NAME.css``, ``NAME.js`` where there is one, and `values`, which are HTML."""
    files = resources.files(package)
    whole = dict(values)
    for key, ending in (("style", "css"), ("script", "js")):
        file = files.joinpath(f"{name}.{ending}")
        if file.is_file():
            whole[key] = file.read_text("utf-8")
            whole[f"{key}-hash"] = _digest(whole[key])
    frame = files.joinpath(f"{name}.html").read_text("utf-8")
    return _PLACE.sub(lambda match: whole[match[1]], frame).encode("utf-8", "replace")


def text(of: str) -> str:
    """HTML that shows a text."""
    return escape(printable(of))


def short(version: str) -> str:
    """A version for a heading: of an image's digest what tells it apart."""
    algorithm, colon, value = version.partition(":")
    return f"{algorithm}:{value[:12]}…" if colon and len(value) >= 64 else version


def _digest(inline: str) -> str:
    """The digest of an inline element as a content security policy names it (CSP 3, 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
