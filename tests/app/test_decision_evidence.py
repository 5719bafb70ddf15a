"""Decisions as evidence: under which subjects, what is forgotten, and what a full disk does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assay.adapters.evidence import EvidenceStore
from assay.app.companions import Decided, Proof
from assay.app.decision_entries import entry
from assay.app.decision_evidence import DecisionEvidence
from assay.engines.policy import deciding
from assay.formats import admission_review, image_verification
from assay.formats import digest as digests
from assay.model.evidence import Evidence, EvidenceQuery
from assay.model.image_policy import ImageAttestation, ImageSignature
from assay.model.policy import Action, Outcome, RuleResult
from simulators.processes import PATIENCE, within
from simulators.running_admission import pod, review

FIRST, SECOND = "sha256:" + "a" * 64, "sha256:" + "b" * 64
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def decided(images: dict[str, str], *proofs: Proof, **details: Any) -> Decided:
    request = admission_review.request(review(pod("a.example/b:1")))
    result = RuleResult("p", "r", Outcome.FAIL, "no", Action.DENY, details)
    return Decided("2026-11-26T00:00:00Z", request, deciding.decide((result,)), 0.01, images, proofs)


def kept(place: Path, **query: Any) -> list[Evidence]:
    with EvidenceStore.open(place / "evidence") as store:
        return list(store.find(EvidenceQuery(**query)))


def until(look: Callable[[], Any]) -> Any:
    assert within(PATIENCE, look)
    return look()


def test_a_decision_is_under_each_image_once(tmp_path: Path) -> None:
    evidence = DecisionEvidence(tmp_path / "evidence", tmp_path / "admission")
    evidence.start()
    evidence.decided(decided({"a.example/b:1": FIRST, "a.example/b@" + FIRST: FIRST, "a.example/c:1": SECOND}))
    evidence.decided(decided({}))
    evidence.close()
    found = kept(tmp_path, kind="admission-decision")
    workload = "sha256:" + hashlib.sha256(b"workload:shop/Pod/app").hexdigest()
    assert sorted(str(one.subject) for one in found) == sorted([FIRST, SECOND, workload])
    assert evidence.recorded == 2 and not evidence.complaints


def test_what_is_old_is_forgotten_but_not_the_use_of_a_glass(tmp_path: Path) -> None:
    moment = [NOW]
    evidence = DecisionEvidence(tmp_path / "evidence", tmp_path / "admission", timedelta(days=30), lambda: moment[0])
    evidence._write([decided({"a.example/old:1": FIRST})])
    evidence.witness(decided({"a.example/glass:1": FIRST}))
    moment[0] += timedelta(days=31)
    evidence._write([decided({"a.example/young:1": FIRST})])
    names = [(one.kind, one.name.split()[0]) for one in kept(tmp_path)]
    assert sorted(names) == [("admission-decision", "a.example/young:1"), ("break-glass-use", "a.example/glass:1")]


def test_a_disk_that_takes_nothing_is_told_and_mends(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_text("in the way")
    evidence = DecisionEvidence(tmp_path / "evidence", tmp_path / "admission")
    evidence.start()
    evidence.decided(decided({}))
    until(lambda: "not kept" in evidence.complaints.get("decisions", ""))
    (figure,) = [figure for figure in evidence.figures if "dropped" in figure.name]
    assert figure.read() == 1
    (tmp_path / "evidence").unlink()
    evidence.decided(decided({}))
    until(lambda: evidence.recorded == 1 and not evidence.complaints)
    evidence.close()


def test_each_result_names_the_evidence_of_its_image() -> None:
    proofs = Proof(FIRST, "sha256:1"), Proof(SECOND, "sha256:2"), Proof(FIRST, "sha256:1")
    found = entry(decided({"a.example/b:1": FIRST}, *proofs, digest=FIRST, wanted="w"))
    assert found["evidence"] == ["sha256:1", "sha256:2"]
    assert found["results"][0]["evidence"] == ["sha256:1"] and found["results"][0]["details"]["wanted"] == "w"


def test_a_verification_is_kept_once_and_a_long_statement_by_its_digest(tmp_path: Path) -> None:
    signature = ImageSignature(digests.parse(FIRST), "release@org.example", "https://issuer.example", NOW)
    wide = {"predicateType": "https://cyclonedx.org/bom", "subject": [], "predicate": {"x": "y" * 100_000}}
    documents = [image_verification.write(ImageAttestation(signature, wide)), image_verification.write(signature)]
    assert len(documents[0]) < 1000 and json.loads(documents[0])["predicateSha256"]
    assert json.loads(documents[1])["identity"] == "release@org.example"
    evidence = DecisionEvidence(tmp_path / "evidence", tmp_path / "admission")
    evidence.start()
    for document in (*documents, *documents):
        evidence.proven(Proof(FIRST, f"sha256:{hashlib.sha256(document).hexdigest()}"), document)
    evidence.close()
    again = DecisionEvidence(tmp_path / "evidence", tmp_path / "admission")
    again.start()
    again.proven(Proof(FIRST, f"sha256:{hashlib.sha256(documents[0]).hexdigest()}"), documents[0])
    again.close()
    assert len(kept(tmp_path, kind="image-verification")) == 2
