"""The Node.js Security Working Group's old advisories about npm packages, with requirement strings.

::

    {"id": 1, "module_name": "bassmaster", "cves": ["CVE-2014-7205"], "vulnerable_versions": "<=1.5.1",
     "patched_versions": ">=1.5.2", "cvss_vector": "CVSS:3.0/…", "publish_date": "2014-09-27"}
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats import json_records, osv
from assay.formats.json import Object, as_list, as_text
from assay.model.advisory import Advisory, Affected, Record, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The advisories of a file."""
    yield from json_records.records(document, lambda item: _read(item, source))


def _read(item: Object, source: str) -> Advisory:
    if "module_name" not in item:
        return osv.read(item, source)
    vector = as_text(item.get("cvss_vector"))
    return Advisory(
        id=f"NSWG-ECO-{as_text(item.get('id'))}",
        aliases=tuple(text for value in as_list(item.get("cves")) if (text := as_text(value))),
        published=as_text(item.get("publish_date")),
        modified=as_text(item.get("updated_at")),
        summary=as_text(item.get("title")),
        severities=(Severity(source, vector),) if vector else (),
        affected=(
            Affected(
                "npm", as_text(item["module_name"]), requirements=(as_text(item.get("vulnerable_versions")) or "*",)
            ),
        ),
    )
