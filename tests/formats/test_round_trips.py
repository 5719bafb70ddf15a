"""Through another family and back: what both can hold is still there."""

from __future__ import annotations

import pytest

from assay.engines.sbom_diff import diff
from assay.formats import sbom_document
from assay.report import formats
from formats.sboms import FULL

TRIPS = [
    ("cyclonedx-json@1.7", "spdx-json@2.3"),
    ("cyclonedx-json@1.6", "spdx-json@3.0"),
    ("cyclonedx-json@1.5", "spdx-tag-value@2.2"),
    ("cyclonedx-xml@1.7", "spdx-yaml@2.3"),
    ("spdx-json@2.3", "cyclonedx-json@1.7"),
    ("spdx-json@3.0", "cyclonedx-xml@1.6"),
]


@pytest.mark.parametrize(("home", "abroad"), TRIPS)
def test_nothing_is_lost_on_the_way(home: str, abroad: str) -> None:
    first = sbom_document.read(formats.write(FULL, *home.split("@")))
    away = sbom_document.read(formats.write(first, *abroad.split("@")))
    again = sbom_document.read(formats.write(away, *home.split("@")))
    assert diff(first, again).same
    assert again.distribution == first.distribution
    assert again.layers == first.layers
    assert again.skipped == first.skipped
