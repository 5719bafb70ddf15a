"""Recorded admissions: what is kept of a request, in how many bytes, and what is no record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.engines.policy import deciding
from assay.errors import AssayError, Malformed
from assay.formats import admission_review
from assay.formats.recorded_admission import MAX_LINE, lean, read, write
from assay.model.policy import AdmissionRequest, Outcome, RuleResult
from simulators.running_admission import pod, review

TIME = "2026-11-26T20:11:04.120Z"
DENIED = deciding.decide((RuleResult("AssayPolicy/release", "signedBy", Outcome.FAIL, "no"),))


def asked(item: dict[str, Any], **more: Any) -> AdmissionRequest:
    return admission_review.request(review(item, **more))


def test_what_is_written_is_read() -> None:
    request = asked(pod("a.example/b:1"), operation="UPDATE", oldObject=pod("a.example/b:0"), subResource="scale")
    found = read(write(TIME, request, DENIED))
    assert (found.time, found.action, found.verdict, found.cut) == (TIME, "deny", "fail", False)
    assert found.failed == (("AssayPolicy/release", "signedBy"),)
    for name in (
        "uid",
        "kind",
        "resource",
        "operation",
        "name",
        "namespace",
        "sub_resource",
        "object",
        "old_object",
        "user",
    ):
        assert getattr(found.request, name) == getattr(request, name), name


def test_an_old_object_goes_first_and_a_huge_object_is_cut() -> None:
    wide = pod("a.example/b:1")
    wide["metadata"]["annotations"] = {"wide": "x" * (MAX_LINE * 2 // 3)}
    without_old = read(write(TIME, asked(wide, operation="UPDATE", oldObject=wide), DENIED))
    assert without_old.request.object == wide and without_old.request.old_object is None and not without_old.cut
    wide["metadata"]["annotations"]["wide"] *= 2
    line = write(TIME, asked(wide), DENIED)
    assert len(line) < 2000 and read(line).cut and read(line).request.object is None
    assert read(write(TIME, asked(pod("a"), userInfo={"username": "u" * MAX_LINE}), DENIED)).cut


def test_secrets_and_noise_are_not_kept() -> None:
    secret = {"kind": "Secret", "data": {"a": "eA=="}, "stringData": {"b": "y"}, "metadata": {"managedFields": [1]}}
    assert lean(secret) == {"kind": "Secret", "data": {"a": ""}, "stringData": {"b": ""}, "metadata": {}}
    applied = {"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "kept": "1"}}}
    assert lean(applied) == {"metadata": {"annotations": {"kept": "1"}}}
    assert lean({"kind": "Secret", "data": "odd"}) == {"kind": "Secret", "data": None}


@pytest.mark.parametrize(
    "line",
    [b"", b"[]", b"{}", b'{"version": 2}', b'{"version": 1}', b'{"version": 1, "request": []}', b"x" * (MAX_LINE + 2)],
)
def test_what_is_no_record_is_refused(line: bytes) -> None:
    with pytest.raises(Malformed):
        read(line)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=9) | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=12,
    )
)
def test_odd_records_are_refused_or_read(value: Any) -> None:
    line = json.dumps({"version": 1, "failed": value, "time": value, "request": {"object": value, "userInfo": value}})
    try:
        read(line.encode())
    except AssayError:
        return
