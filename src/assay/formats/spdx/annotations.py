"""Annotations by which SPDX documents carry what SPDX has no field for.

The comment is ``assay: `` and a JSON object with the fields of `assay.model` that differ from what a reader would
make of the SPDX fields alone::

    {"annotationDate": "2026-01-01T00:00:00Z", "annotationType": "OTHER", "annotator": "Tool: assay-0.1.0",
     "comment": "assay: {\\"occurrences\\":[{\\"path\\":\\"var/lib/dpkg/status\\"}],\\"presence\\":\\"declared\\"}"}
"""

from __future__ import annotations

import json

from assay import __version__
from assay.errors import Malformed
from assay.formats.json import Json, Object, as_list, as_object, as_text, load_object

MARK = "assay: "
ANNOTATOR = f"Tool: assay-{__version__}"
EPOCH = "1970-01-01T00:00:00Z"
"""Stands for an unknown time where SPDX wants one."""

COMPONENT_FIELDS = (
    "name",
    "version",
    "type",
    "namespace",
    "ecosystem",
    "purl",
    "ref",
    "presence",
    "scope",
    "version_range",
    "licenses",
    "digests",
    "supplier",
    "author",
    "description",
    "copyright",
    "cpes",
    "references",
    "occurrences",
    "owned_by",
    "properties",
)
DOCUMENT_FIELDS = (
    "distribution",
    "layers",
    "skipped",
    "attached",
    "tools",
    "authors",
    "supplier",
    "timestamp",
    "lifecycles",
    "completeness",
    "properties",
    "digests",
)


def statement(values: Object) -> str:
    """The text of an annotation; ASCII without ``</``, so that every written form can hold it."""
    return MARK + json.dumps(values, sort_keys=True, separators=(",", ":")).replace("</", "<\\/")


def annotation(values: Object, date: str) -> Object:
    """An SPDX 2 annotation that holds `values`."""
    return {
        "annotationDate": date or EPOCH,
        "annotationType": "OTHER",
        "annotator": ANNOTATOR,
        "comment": statement(values),
    }


def values_of(text: str) -> Object | None:
    """What an annotation of ours holds; None for anybody else's."""
    if not text.startswith(MARK):
        return None
    try:
        return load_object(text[len(MARK) :])
    except Malformed:
        return None


def is_ours(document: Object) -> bool:
    """Whether assay wrote an SPDX 2 document: its annotation then has the member ``sbom``."""
    return "sbom" in (split(document.get("annotations"))[0] or {})


def split(annotations: Json | object) -> tuple[Object | None, list[Json]]:
    """What our annotations in a list hold (None: there is none), and those of others."""
    ours: Object | None = None
    others: list[Json] = []
    for item in as_list(annotations):
        values = values_of(as_text(as_object(item).get("comment")))
        if values is None:
            others.append(item)
        else:
            ours = {**(ours or {}), **values}
    return ours, others
