"""Attested scans: cosign's and in-toto's predicates, with the reports of assay, Trivy and Grype inside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assay.errors import Malformed
from assay.formats import attested_scan
from assay.model.advisory import Level

END: Any = {"scanStartedOn": "2026-06-01T11:00:00Z", "scanFinishedOn": "2026-06-01T12:00:00.123456789Z"}
TRIVY: Any = {
    "SchemaVersion": 2,
    "Results": [
        {
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-1-1",
                    "VendorIDs": ["DSA-1"],
                    "PkgName": "a",
                    "InstalledVersion": "1",
                    "FixedVersion": "2, 3",
                    "Severity": "HIGH",
                    "PkgIdentifier": {"PURL": "pkg:deb/debian/a@1"},
                }
            ]
        },
        {"Target": "nothing"},
    ],
}
GRYPE: Any = {
    "matches": [
        {
            "vulnerability": {
                "id": "GHSA-x",
                "severity": "Critical",
                "fix": {"versions": ["2"], "state": "fixed"},
                "knownExploited": [{"cve": "CVE-1-1"}],
            },
            "relatedVulnerabilities": [{"id": "CVE-1-1"}],
            "artifact": {"name": "a", "version": "1", "purl": "pkg:npm/a@1"},
        }
    ],
    "descriptor": {"name": "grype", "timestamp": "2026-06-01T12:00:00Z", "db": {"built": "2026-05-31T00:00:00Z"}},
}
ASSAY: Any = {
    "schema": "https://assay.dev/schemas/scan/v1",
    "timestamp": "2026-06-01T12:00:00Z",
    "findings": [
        {
            "id": "CVE-1-1",
            "aliases": ["GHSA-x"],
            "kind": "vulnerability",
            "severity": {"level": "medium"},
            "exploited": {"added": "2026-01-01"},
            "component": {"name": "a", "version": "1", "purl": "pkg:npm/a@1"},
            "fix": {"versions": ["2"]},
        }
    ],
    "suppressed": [{"id": "CVE-2-2", "component": {"name": "b"}, "suppression": {"cause": "vex", "status": "fixed"}}],
    "coverage": [{"message": "no advisory data for x"}],
}


def test_trivy_in_cosigns_predicate() -> None:
    scanner: Any = {"uri": "pkg:github/aquasecurity/trivy@0.60.0", "db": {"lastUpdate": "2026-05-31T00:00:00Z"}}
    found = attested_scan.read({"scanner": {**scanner, "result": TRIVY}, "metadata": END})
    assert found.scanner == "pkg:github/aquasecurity/trivy@0.60.0"
    assert found.ended == datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert found.data_day == "2026-05-31"
    (item,) = found.findings
    assert item.ids == ("CVE-1-1", "DSA-1")
    assert (item.level, item.exploited, item.fixed) == (Level.HIGH, None, ("2", "3"))


def test_grype_alone() -> None:
    found = attested_scan.read(GRYPE)
    assert (found.scanner, found.data_day) == ("grype", "2026-05-31")
    (item,) = found.findings
    assert item.ids == ("GHSA-x", "CVE-1-1")
    assert (item.level, item.exploited) == (Level.CRITICAL, True)


def test_assays_own_report() -> None:
    found = attested_scan.read({"scanner": {"uri": "pkg:generic/assay@1", "result": ASSAY}, "metadata": END})
    first, second = found.findings
    assert (first.level, first.exploited, first.dropped) == (Level.MEDIUM, True, "")
    assert second.dropped == "vex: fixed"
    assert found.gaps == ("no advisory data for x",)


def test_in_totos_list() -> None:
    result: Any = [{"id": "CVE-1-1", "severity": [{"method": "nvd", "score": "9.8"}, {"method": "x", "score": "odd"}]}]
    (item,) = attested_scan.read({"scanner": {"uri": "x", "result": result}, "metadata": END}).findings
    assert item.level is Level.CRITICAL


@pytest.mark.parametrize("predicate", [{}, {"scanner": {"result": {}}}, {"scanner": {"result": {"odd": 1}}}, {"a": 1}])
def test_what_is_no_scan_is_refused(predicate: Any) -> None:
    with pytest.raises(Malformed, match="no scanner that is known"):
        attested_scan.read(predicate)


@pytest.mark.parametrize("text", [None, "", "yesterday", 7, "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_is_missing(text: Any) -> None:
    assert attested_scan.moment(text) is None
