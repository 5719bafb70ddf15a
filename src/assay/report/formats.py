"""The output formats of SBOMs, found by looking into `assay.report.output`.

A format is one module there, named like the format with ``_`` for ``-``, that holds nothing but imports from
`assay.model.sbom_format` and one ``FORMAT`` (it is imported for every ``--help``: nothing heavy in it)::

    # report/output/cyclonedx_json.py
    FORMAT = Format(
        name="cyclonedx-json",
        title="CycloneDX JSON",
        write="assay.formats.cyclonedx.json_writer:write",
        extensions=(".cdx.json",),
        media_type="application/vnd.cyclonedx+json",
        versions=("1.2", "1.3", "1.4", "1.5", "1.6", "1.7"),
        default="1.7",
        losses="assay.formats.cyclonedx.losses:losses",
    )

``write`` names ``function(sbom: Sbom, version: str) -> bytes``; the bytes end with one newline, depend on
nothing but the two arguments, and are what ends up in the file or on standard output. Nothing else is edited
to add a format. Reading is the business of `assay.formats.detect` (which format is this?) and of
`assay.formats.sbom_document` (read it).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from assay.model.sbom import Sbom
from assay.model.sbom_format import Format
from assay.report import output
from assay.report.format_modules import FormatModules

_FORMATS = FormatModules(output, Format)
names, find, parse = _FORMATS.names, _FORMATS.find, _FORMATS.parse


def every() -> tuple[Format, ...]:
    """All formats, by name."""
    return tuple(map(find, names()))


def write(sbom: Sbom, name: str, version: str = "") -> bytes:
    """`sbom` in that format, in its default version where none is given."""
    chosen, exact = parse(f"{name}@{version}" if version else name)
    function = cast("Callable[[Sbom, str], bytes]", _load(chosen.write))
    return function(sbom, exact)


def losses(sbom: Sbom, name: str, version: str = "") -> tuple[str, ...]:
    """What of `sbom` that format and version cannot hold, a line each."""
    chosen, exact = parse(f"{name}@{version}" if version else name)
    if not chosen.losses:
        return ()
    function = cast("Callable[[Sbom, str], tuple[str, ...]]", _load(chosen.losses))
    return function(sbom, exact)


def _load(reference: str) -> object:
    module, _, function = reference.partition(":")
    loaded: object = getattr(importlib.import_module(module), function)
    return loaded
