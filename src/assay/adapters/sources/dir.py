"""``dir:PATH``: a directory."""

from __future__ import annotations

from assay.adapters.directory import Directory
from assay.adapters.sources import Request


def open_source(reference: str, request: Request) -> Directory:
    """The directory; raises `InputError` where there is none."""
    return Directory(reference, request.exclude)
