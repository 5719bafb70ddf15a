"""Elder reports as baselines: which vulnerability was found in which component.

assay's JSON, CycloneDX with vulnerabilities, and SARIF (its fingerprints) are understood.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from assay.errors import Malformed
from assay.formats.json import Object, as_list, as_object, as_text, load_object

Key = tuple[str, str]
FINGERPRINT = "assayFinding/v1"


def keys(data: bytes) -> set[Key]:
    """Pairs of id and component id; raises `Malformed` for a document of another kind."""
    value = load_object(data)
    if "findings" in value and "coverage" in value:
        return set(_own(value))
    if value.get("bomFormat") == "CycloneDX":
        return set(_cyclonedx(value))
    if isinstance(value.get("runs"), list):
        return set(_sarif(value))
    raise Malformed("no report of findings", "use assay's JSON, CycloneDX or SARIF as a baseline")


def _own(value: Object) -> Iterator[Key]:
    for item in map(as_object, as_list(value["findings"])):
        component = as_text(as_object(item.get("component")).get("id"))
        for name in (item.get("id"), *as_list(item.get("aliases"))):
            yield as_text(name), component


def _cyclonedx(value: Object) -> Iterator[Key]:
    for item in map(as_object, as_list(value.get("vulnerabilities"))):
        for affect in map(as_object, as_list(item.get("affects"))):
            yield as_text(item.get("id")), _ref(as_text(affect.get("ref")))


def _ref(text: str) -> str:
    """The component of a BOM-Link (``urn:cdx:SERIAL/1#REF``), which CycloneDX VEX has."""
    return unquote(text.partition("#")[2]) if text.startswith("urn:cdx:") else text


def _sarif(value: Object) -> Iterator[Key]:
    for run in map(as_object, as_list(value["runs"])):
        for result in map(as_object, as_list(run.get("results"))):
            text = as_text(as_object(result.get("partialFingerprints")).get(FINGERPRINT))
            name, _, component = text.partition(" ")
            yield name, component
