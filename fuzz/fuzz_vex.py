"""VEX documents of all forms: what is read can be written in every form, and is read again."""

from __future__ import annotations

from assay.errors import AssayError
from assay.formats import vex_document
from assay.model.vex import Product, Statement, Status, VexDocument

_SAMPLE = VexDocument(
    "openvex",
    "https://x.example/1",
    "me",
    time="2026-01-01T00:00:00Z",
    statements=(
        Statement(
            vulnerability=("CVE-2024-1", "GHSA-1"),
            status=Status.NOT_AFFECTED,
            products=(Product(("pkg:oci/app@sha256%3Aab",), (("pkg:pypi/a@1",),)),),
            justification="vulnerable_code_not_present",
            impact="none",
        ),
    ),
)
SEEDS: list[bytes] = [write(_SAMPLE) for _, write in sorted(vex_document.WRITERS.items())]


def run(data: bytes) -> None:
    try:
        found = vex_document.read(data, "x")
    except AssayError:
        return
    for form, write in vex_document.WRITERS.items():
        try:
            written = write(found)
        except AssayError:
            continue
        assert vex_document.read(written, form).form == form
