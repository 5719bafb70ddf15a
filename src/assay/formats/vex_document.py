"""A VEX document of any of the four forms, also inside an in-toto statement."""

from __future__ import annotations

from assay.errors import Malformed
from assay.formats import csaf, csaf_vex, cyclonedx_vex, openvex, spdx3_vex
from assay.formats.json import as_object, as_text, load_object
from assay.model.vex import VexDocument

WRITERS = {
    "openvex": openvex.write,
    "csaf": csaf_vex.write,
    "cyclonedx": cyclonedx_vex.write,
    "spdx3": spdx3_vex.write,
}
"""The forms that can be written."""


def read(data: bytes, origin: str) -> VexDocument:
    """The document; raises `Malformed` for what is none of the four."""
    value = load_object(data)
    if as_text(value.get("_type")).startswith("https://in-toto.io/Statement"):
        value = as_object(value.get("predicate"))
    if openvex.is_openvex(value):
        return openvex.of(value, origin)
    if csaf.is_csaf(value):
        return csaf_vex.of(value, origin)
    if value.get("bomFormat") == "CycloneDX":
        return cyclonedx_vex.of(value, origin)
    if spdx3_vex.is_spdx3(value):
        return spdx3_vex.of(value, origin)
    raise Malformed(f"{origin} is no VEX document", "OpenVEX, CSAF, CycloneDX and SPDX 3 are understood")
