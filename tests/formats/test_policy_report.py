"""Policy reports: both forms, what is counted, what is left out, and when two say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from assay.formats import json_bytes
from assay.formats.policy_report import (
    MAX_MESSAGE,
    MAX_RESULTS,
    OPEN_REPORTS,
    WORKING_GROUP,
    Result,
    fingerprint,
    write,
)
from assay.model.policy import Outcome

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "app", "namespace": "shop", "uid": "487df031"},
}
NODE: dict[str, Any] = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "uid": "99"}}
FAIL = Result("p", "r", Outcome.FAIL, "no", "high", "Images", properties=(("found", "x"),))


def test_the_working_groups_form() -> None:
    found = write(WORKING_GROUP, POD, [FAIL, Result("p", "s", Outcome.PASS)], NOW)
    assert (found["apiVersion"], found["kind"]) == ("wgpolicyk8s.io/v1alpha2", "PolicyReport")
    assert found["scope"] == {"apiVersion": "v1", "kind": "Pod", "name": "app", "namespace": "shop", "uid": "487df031"}
    assert found["metadata"]["ownerReferences"] == [
        {"apiVersion": "v1", "kind": "Pod", "name": "app", "uid": "487df031"}
    ]
    assert found["summary"] == {"pass": 1, "fail": 1, "warn": 0, "error": 0, "skip": 0}
    assert found["results"][0] == {
        "source": "assay",
        "policy": "p",
        "rule": "r",
        "result": "fail",
        "scored": True,
        "message": "no",
        "severity": "high",
        "category": "Images",
        "properties": {"found": "x"},
        "timestamp": {"seconds": int(NOW.timestamp()), "nanos": 0},
    }
    assert "source" not in found


def test_open_reports_form_and_objects_outside_of_namespaces() -> None:
    found = write(OPEN_REPORTS, NODE, [FAIL], NOW)
    assert (found["apiVersion"], found["kind"], found["source"]) == (
        "openreports.io/v1alpha1",
        "ClusterReport",
        "assay",
    )
    assert "namespace" not in found["metadata"] and "namespace" not in found["scope"]


def test_the_time_alone_makes_no_other_report() -> None:
    first, later = (write(WORKING_GROUP, POD, [FAIL], NOW + timedelta(hours=hours)) for hours in (0, 1))
    assert first != later and fingerprint(first) == fingerprint(later) != ""
    assert fingerprint(write(WORKING_GROUP, POD, [FAIL, FAIL], NOW)) != fingerprint(first)


def test_what_is_too_much_is_counted_and_violations_stay() -> None:
    passed = [Result("a", str(number), Outcome.PASS, "m" * 5000) for number in range(MAX_RESULTS + 50)]
    found = write(WORKING_GROUP, POD, [*passed, FAIL], NOW)
    assert len(found["results"]) == MAX_RESULTS and found["results"][0]["result"] == "fail"
    assert found["summary"]["pass"] == MAX_RESULTS + 50
    assert len(found["results"][1]["message"]) == MAX_MESSAGE


def test_a_report_is_never_larger_than_the_api_takes() -> None:
    wide = Result(
        "p" * 200, "r", Outcome.FAIL, "😀" * 5000, properties=tuple((f"k{n}", "😀" * 5000) for n in range(20))
    )
    found = write(WORKING_GROUP, POD, [wide] * 300, NOW)
    assert len(json_bytes.encode(found)) < 1_200_000 and found["results"] and found["summary"]["fail"] == 300


def test_a_violation_of_what_is_not_scored_is_a_warning_and_an_odd_severity_is_left_out() -> None:
    found = write(WORKING_GROUP, POD, [Result("p", "r", Outcome.FAIL, severity="awful", scored=False)], NOW)
    assert found["results"][0]["result"] == "warn" and found["summary"]["warn"] == 1
    assert "severity" not in found["results"][0]
