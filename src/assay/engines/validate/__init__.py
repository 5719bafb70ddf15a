"""Does a document keep the rules of its own format?

The schemas come from packages that ``assay[validate]`` brings; nothing is fetched. Formats without a schema that could
be had are held against the rules of their own documentation. One module per family:

- `cyclonedx`: JSON schemas and XSD of the specification, out of cyclonedx-python-lib;
- `spdx`: what the specification of SPDX asks for, and the bindings of its model for version 3;
- `syft`: what the schemas of syft-json have in common;
- `github`: what GitHub's API asks of a snapshot;
- `component_csv`, `purls`: rows and lines that a reader would have to pass over.

`validate` finds the format out and asks the module of that family.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from assay.engines.validate.problem import Problem
from assay.errors import InputError
from assay.formats import sbom_document, unreadable
from assay.formats.detect import Detected, detect, unwrap

__all__ = ["FORMATS", "Problem", "validate"]

FORMATS = {
    "cyclonedx-json": "assay.engines.validate.cyclonedx:json_problems",
    "cyclonedx-xml": "assay.engines.validate.cyclonedx:xml_problems",
    "spdx-json": "assay.engines.validate.spdx:problems",
    "spdx-yaml": "assay.engines.validate.spdx:problems",
    "spdx-tag-value": "assay.engines.validate.spdx:problems",
    "syft-json": "assay.engines.validate.syft:problems",
    "github": "assay.engines.validate.github:problems",
    "csv": "assay.engines.validate.component_csv:problems",
    "purls": "assay.engines.validate.purls:problems",
}


def validate(data: bytes, strict: bool = False) -> tuple[Detected, tuple[Problem, ...]]:
    """The format of `data` and every place where it breaks the rules of that format (none: it is valid).

    `strict` forbids unknown fields where the format's plain rules let them pass (CycloneDX 1.2 and 1.3, snapshots,
    CSV). Raises `InputError` for what is no SBOM, or only the picture of one; `UsageError` when ``assay[validate]`` is
    needed and not installed.
    """
    found = detect(data)
    if found is None:
        raise unreadable.refusal(data) or InputError("not an SBOM of any known format", sbom_document.REMEDY)
    module, _, function = FORMATS[found.format].partition(":")
    check = cast("Callable[[bytes, str, bool], list[Problem]]", getattr(importlib.import_module(module), function))
    return found, tuple(check(unwrap(data), found.version, strict))
