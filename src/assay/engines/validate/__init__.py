"""Does a document keep the rules of its own format?

The schemas come from packages that ``assay[validate]`` brings; nothing is fetched. One module per family:

- `cyclonedx`: JSON schemas and XSD of the specification, out of cyclonedx-python-lib;
- `spdx`: what the specification of SPDX asks for, and the bindings of its model for version 3.

`validate` finds the format out and asks the module of that family.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from assay.engines.validate.problem import Problem
from assay.errors import InputError
from assay.formats.detect import Detected, detect, unwrap

__all__ = ["Problem", "validate"]

_VALIDATORS = {
    "cyclonedx-json": "assay.engines.validate.cyclonedx:json_problems",
    "cyclonedx-xml": "assay.engines.validate.cyclonedx:xml_problems",
    "spdx-json": "assay.engines.validate.spdx:problems",
    "spdx-yaml": "assay.engines.validate.spdx:problems",
    "spdx-tag-value": "assay.engines.validate.spdx:problems",
}


def validate(data: bytes, strict: bool = False) -> tuple[Detected, tuple[Problem, ...]]:
    """The format of `data` and every place where it breaks the rules of that format (none: it is valid).

    `strict` forbids unknown fields where the format's plain schema lets them pass (CycloneDX 1.2 and 1.3).
    Raises `InputError` for a document that is no SBOM, or of a format that has no schema; `UsageError` when
    ``assay[validate]`` is not installed.
    """
    found = detect(data)
    if found is None:
        raise InputError("not an SBOM of any known format", "CycloneDX, SPDX, syft-json and purl lists are known")
    if found.format not in _VALIDATORS:
        raise InputError(f"{found.format} has no schema to validate against")
    module, _, function = _VALIDATORS[found.format].partition(":")
    check = cast("Callable[[bytes, str, bool], list[Problem]]", getattr(importlib.import_module(module), function))
    return found, tuple(check(unwrap(data), found.version, strict))
