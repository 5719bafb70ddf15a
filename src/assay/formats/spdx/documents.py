"""SPDX documents of every version and form: bytes to an SBOM, an SBOM to bytes, and whether bytes are valid.

`write_json`, `write_yaml` and `write_tag_value` are what `assay.report.formats` calls.
"""

from __future__ import annotations

from dataclasses import replace

from assay.errors import Malformed, UsageError
from assay.formats import json as bounded_json
from assay.formats.json import Object
from assay.formats.spdx import written
from assay.model.sbom import Sbom

VERSION_3 = "3.0"


def read(data: bytes, form: str = "") -> Sbom:
    """The SBOM that an SPDX document holds.

    `form` is ``json``, ``yaml`` or ``tag-value``, guessed where it is empty. Raises `Malformed` for what is no SPDX
    document. Entries that could not be understood are in `Sbom.skipped`.
    """
    form = form or written.form_of(data)
    document, skipped = written.load(data, form)
    if "@context" in document or "@graph" in document:
        from assay.formats.spdx import read3

        return read3.sbom_of(document)
    from assay.formats.spdx.read import sbom_of

    return sbom_of(document, form, skipped)


def write_json(sbom: Sbom, version: str) -> bytes:
    """`sbom` as JSON: SPDX 2.2 or 2.3, or JSON-LD of SPDX 3.0."""
    if version != VERSION_3:
        return written.dump(_tree(sbom, version), "json")
    from assay.formats.spdx import write3

    return written.encode(write3.document_of(_of_family(sbom, 3)))


def write_yaml(sbom: Sbom, version: str) -> bytes:
    """`sbom` as YAML of SPDX 2.2 or 2.3."""
    return written.dump(_tree(sbom, version), "yaml")


def write_tag_value(sbom: Sbom, version: str) -> bytes:
    """`sbom` as tag-value of SPDX 2.2 or 2.3."""
    return written.dump(_tree(sbom, version), "tag-value")


def _tree(sbom: Sbom, version: str) -> Object:
    from assay.formats.spdx.write import document_of

    return document_of(_of_family(sbom, 2), version)


def family(sbom: Sbom) -> int:
    """2 or 3 for an SBOM that was read from that SPDX, else 0."""
    name, _, version = sbom.source_format.partition("@")
    return int(version[:1]) if name.startswith("spdx-") and version[:1] in {"2", "3"} else 0


def _of_family(sbom: Sbom, wanted: int) -> Sbom:
    """`sbom` without the raw fields of the other SPDX, which mean nothing here."""
    if family(sbom) in {0, wanted}:
        return sbom
    from assay.formats.spdx.write import without_extra

    return replace(without_extra(sbom), serial="")


def validate(data: bytes, form: str = "") -> tuple[str, ...]:
    """What is wrong with an SPDX document, a line each; none for a valid one."""
    try:
        form = form or written.form_of(data)
        document, skipped = written.load(data, form)
    except Malformed as error:
        return (error.what,)
    if "@context" in document or "@graph" in document:
        return _validate_3(data)
    from assay.formats.spdx import check

    lines = [f"{item.path}: {item.reason}" for item in skipped]
    checks = (check.shape_problems, check.version_problems, check.sense_problems)
    return tuple(lines + [line for problems in checks for line in problems(document)])


def _validate_3(data: bytes) -> tuple[str, ...]:
    """Reads an SPDX 3 document with the bindings that are generated from its model."""
    try:
        from spdx_python_model import v3_0_1 as model
    except ImportError:
        raise UsageError("validating SPDX 3 needs spdx-python-model", "pip install 'assay[validate]'") from None
    from assay.formats.spdx import model3

    return model3.problems(model, bounded_json.load_object(data))
