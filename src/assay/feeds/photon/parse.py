"""Photon OS: ``cve_data_photon4.0.json``, a row for each CVE and package.

::

    [{"cve_id": "CVE-2023-0286", "pkg": "openssl", "cve_score": 7.4,
      "aff_ver": "all versions before 3.0.8-1.ph4 are vulnerable", "res_ver": "3.0.8-1.ph4"}]
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.errors import Malformed
from assay.formats import json_records
from assay.formats.json import Object, as_text
from assay.model.advisory import Advisory, Affected, FixState, Record, Severity
from assay.model.feed import Document
from assay.model.sbom import Skipped
from assay.model.version import Interval

_RELEASE = re.compile(r"photon-?(\d+\.\d+)")


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The rows of a file, whose name tells the release."""
    match = _RELEASE.search(document.name)
    ecosystem = f"Photon OS:{match[1]}" if match else "Photon OS"
    yield from json_records.records(document, lambda item: _read(item, source, ecosystem))


def _read(item: Object, source: str, ecosystem: str) -> Advisory:
    name, package = as_text(item.get("cve_id")), as_text(item.get("pkg"))
    if not name or not package:
        raise Malformed("a row without a CVE or a package")
    score, fixed = item.get("cve_score"), as_text(item.get("res_ver"))
    found = Affected(ecosystem, package, binary=True)
    if fixed in ("NA", ""):
        state = FixState.NOT_AFFECTED if "not affected" in as_text(item.get("status")).lower() else FixState.NOT_FIXED
        found = found._replace(state=state)
    else:
        found = found._replace(intervals=(Interval(high=fixed),), fixed=(fixed,), state=FixState.FIXED)
    severities = (Severity(source, score=float(score)),) if isinstance(score, int | float) else ()
    return Advisory(name, severities=severities, affected=(found,))
