"""Where what was attached goes: standard output, a document a line, or a folder with a file for each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli.image import _request
from assay.errors import ExitCode, ExternalError, InputError

if TYPE_CHECKING:
    from assay.model.image_tree import Document


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments that all downloads have."""
    parser.add_argument("image", metavar="IMAGE", help=_request.IMAGE)
    parser.add_argument("--output-dir", metavar="DIR", help="a file for each, named by its digest, instead of lines")
    _request.add_access(parser)


def write(arguments: argparse.Namespace, found: Iterable[tuple[Document, bytes]], what: str) -> int:
    """Write all; raises `InputError` where there is none."""
    count = 0
    for document, data in found:
        count += 1
        if arguments.output_dir:
            _file(Path(arguments.output_dir), document, data)
        else:
            sys.stdout.buffer.write(data.rstrip(b"\n") + b"\n")
    if not count:
        raise InputError(f"the image has no {what} attached", "`assay image tree` shows what there is")
    return ExitCode.OK


def _file(folder: Path, document: Document, data: bytes) -> None:
    from assay.adapters.output import writing

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExternalError(f"cannot make {folder}: {error.strerror}", "name another folder") from error
    path = folder / f"{document.item.digest.algorithm}-{document.item.digest.value}.json"
    with writing(path) as file:
        file.write(data)
    sys.stdout.write(f"{path}\n")
