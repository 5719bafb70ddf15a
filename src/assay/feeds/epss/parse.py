"""EPSS: the probability that a vulnerability is exploited within 30 days, for every CVE, daily.

::

    #model_version:v2025.03.14,score_date:2026-11-22T00:00:00+0000
    cve,epss,percentile
    CVE-2021-44228,0.97559,0.99999
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.model.advisory import Enrichment, Likelihood, Record
from assay.model.feed import Document
from assay.model.sbom import Skipped

_DAY = re.compile(r"score_date:(\d{4}-\d\d-\d\d)")


def read(document: Document, source: str) -> Iterator[Record | Skipped]:
    """The probabilities."""
    day = ""
    for number, line in enumerate(document.text.splitlines(), 1):
        if line.startswith("#"):
            match = _DAY.search(line)
            day = match[1] if match else day
            continue
        name, _, rest = line.partition(",")
        if name == "cve" or not line:
            continue
        probability, _, percentile = rest.partition(",")
        try:
            found = Likelihood(float(probability), float(percentile or 0), day)
        except ValueError:
            found = None
        if found is None or not name.startswith("CVE-") or not 0 <= found.probability <= 1:
            yield Skipped(f"{document.name}: line {number}", "no CVE with a probability")
        else:
            yield Enrichment(name, likelihood=found, modified=day)
