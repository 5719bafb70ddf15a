"""The output formats of findings, found by looking into `assay.report.findings.output`.

A format is one module there, named like the format with ``_`` for ``-``, with one ``FORMAT`` and
``write(scan: Scan, options: Options) -> bytes``. The bytes end with a newline and depend on nothing but the two
arguments. Nothing else is edited to add a format.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from assay.errors import InternalError, UsageError
from assay.model.finding import Scan
from assay.report.console import Style
from assay.report.findings import output
from assay.report.findings.format import Format, Options

__all__ = ["Format", "Options", "find", "names", "parse", "write"]


class _Module(NamedTuple):
    format: Format
    write: Callable[[Scan, Options], bytes]


def names() -> tuple[str, ...]:
    """The names of all formats, sorted; no format is imported."""
    files = (file for folder in output.__path__ for file in Path(folder).iterdir())
    return tuple(sorted(file.stem.replace("_", "-") for file in files if file.suffix == ".py" and file.name[0] != "_"))


def find(name: str) -> Format:
    """The format of that name; raises `UsageError` with the names there are."""
    return _load(name).format


def parse(text: str) -> tuple[Format, str]:
    """``NAME`` or ``NAME@VERSION``: the format, and the version to be written (empty where it has none)."""
    name, at, version = text.partition("@")
    found = find(name)
    if at and version not in found.versions:
        known = f"choose one of: {', '.join(found.versions)}" if found.versions else f"write just {name}"
        raise UsageError(f"{name} has no version {version!r}", known)
    return found, version or found.default


def write(scan: Scan, name: str, options: Options) -> bytes:
    """The scan in that format."""
    found = _load(name)
    version = options.version or found.format.default
    return found.write(scan, options._replace(version=version, style=options.style or Style()))


def _load(name: str) -> _Module:
    if name not in names():
        raise UsageError(f"unknown output format {name!r}", f"choose one of: {', '.join(names())}")
    module = importlib.import_module(f"{output.__name__}.{name.replace('-', '_')}")
    found = module.FORMAT
    if not isinstance(found, Format) or found.name != name:
        raise InternalError(f"{module.__name__}.FORMAT is not the format {name!r}")
    return _Module(found, module.write)
