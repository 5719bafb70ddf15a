"""CISA's catalogue of known exploited vulnerabilities.

::

    {"catalogVersion": "2025.08.25", "vulnerabilities": [{"cveID": "CVE-2021-44228", "dateAdded": "2021-12-10",
      "dueDate": "2021-12-24", "knownRansomwareCampaignUse": "Known", "vulnerabilityName": "…", "cwes": ["CWE-20"]}]}
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats import json_records
from assay.formats.json import Object, as_list, as_text
from assay.model.advisory import Enrichment, Exploited, Record
from assay.model.feed import Document
from assay.model.sbom import Skipped


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The entries of the catalogue, or of a file with one a line."""
    for place, item in json_records.objects(document):
        if isinstance(item, Skipped):
            yield item
            continue
        for number, entry in enumerate(as_list(item.get("vulnerabilities")) or [item], 1):
            try:
                yield _read(entry if isinstance(entry, dict) else {})
            except Malformed as error:
                yield Skipped(f"{place}: entry {number}", error.what)


def _read(item: Object) -> Enrichment:
    name = as_text(item.get("cveID")) or as_text(item.get("cve"))
    if not name:
        raise Malformed("an entry without a CVE")
    added = as_text(item.get("dateAdded")) or as_text(item.get("added"))
    ransomware = as_text(item.get("knownRansomwareCampaignUse")) or as_text(item.get("ransomware"))
    exploited = Exploited(
        added,
        as_text(item.get("dueDate")) or as_text(item.get("due")),
        ransomware.lower() == "known",
        as_text(item.get("vulnerabilityName")) or as_text(item.get("name")),
    )
    weaknesses = tuple(text for value in as_list(item.get("cwes")) if (text := as_text(value)))
    return Enrichment(name, weaknesses=weaknesses, exploited=exploited, modified=as_text(item.get("modified")) or added)
