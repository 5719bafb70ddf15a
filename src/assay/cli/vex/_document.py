"""What the commands about VEX share: reading, naming and writing documents."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context, _parser
from assay.errors import InputError, UsageError

if TYPE_CHECKING:
    from assay.model.vex import VexDocument

FORMS = ("openvex", "csaf", "cyclonedx", "spdx3")


def add_output(parser: argparse.ArgumentParser) -> None:
    """The flag for where the document goes."""
    about = f"the form: {', '.join(FORMS)}"
    action = parser.add_argument("-o", "--output", default="openvex", metavar="FORM[=PATH]", help=about)
    _parser.offer(action, lambda: FORMS)


def read(name: str) -> VexDocument:
    """The document of a file; ``-`` is standard input."""
    from assay.formats import vex_document

    if name == "-":
        return vex_document.read(sys.stdin.buffer.read(), "standard input")
    try:
        return vex_document.read(Path(name).read_bytes(), name)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}", "check the path") from error


def named(document: VexDocument) -> VexDocument:
    """The document with an id, derived from its statements where it has none."""
    if document.id:
        return document
    text = "\n".join(f"{item.vulnerability} {item.status} {item.products}" for item in document.statements)
    return document._replace(id=f"https://assay.dev/vex/{hashlib.sha256(text.encode()).hexdigest()[:32]}")


def write(document: VexDocument, target: str) -> None:
    """Write a document in the form and to the place of ``FORM[=PATH]``."""
    from assay.formats import vex_document

    form, _, place = target.partition("=")
    if form not in FORMS:
        raise UsageError(f"{form!r} is no form of VEX", f"choose one of: {', '.join(FORMS)}")
    data = vex_document.WRITERS[form](document)
    if not place or place == "-":
        sys.stdout.buffer.write(data)
        return
    from assay.adapters.output import writing

    with writing(Path(place)) as file:
        file.write(data)


def tell_problems(document: VexDocument, context: Context) -> int:
    """Say what is wrong with a document; how much that is."""
    from assay.engines.vex_lint import lint

    problems = lint(document)
    for text in problems:
        context.warn(text)
    return len(problems)
