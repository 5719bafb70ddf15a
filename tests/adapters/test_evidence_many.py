"""Many pieces of evidence at once, and those that are forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.adapters.evidence import EvidenceStore
from assay.errors import InputError
from assay.formats import digest as digests
from assay.model.evidence import EvidenceQuery

FIRST, SECOND = (digests.parse("sha256:" + letter * 64) for letter in "ab")
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def test_all_are_kept_and_a_document_once(tmp_path: Path) -> None:
    with EvidenceStore.open(tmp_path) as store:
        rows = [("admission-decision", subject, "app", b"{}") for subject in (FIRST, SECOND)]
        assert store.record_all(rows, "test") == 2
        found = list(store.find(EvidenceQuery(kind="admission-decision")))
        assert {one.subject for one in found} == {FIRST, SECOND} and len({one.digest for one in found}) == 1
        assert store.document(found[0].digest) == b"{}" and store.has(found[0].digest) and not store.has(FIRST)


def test_old_entries_of_a_kind_are_forgotten_with_their_documents(tmp_path: Path) -> None:
    moment = [NOW]
    with EvidenceStore.open(tmp_path, lambda: moment[0]) as store:
        store.record_all([("admission-decision", FIRST, "old", b"1"), ("sbom", FIRST, "kept", b"2")], "test")
        store.record_all([("admission-decision", FIRST, "shared", b"3")], "test")
        moment[0] += timedelta(days=10)
        store.record_all([("admission-decision", SECOND, "young", b"3")], "test")
        gone = next(one for one in store.find(EvidenceQuery()) if one.name == "old")
        assert store.forget("admission-decision", (NOW + timedelta(days=1)).isoformat()) == 2
        names = {one.name: store.document(one.digest) for one in store.find(EvidenceQuery())}
        assert names == {"kept": b"2", "young": b"3"}
        with pytest.raises(InputError, match="no evidence"):
            store.document(gone.digest)
