"""What a decision rests on, and its trace: a signed image in a registry, and a collector, both on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.suite import folder
from server.test_admission_attacks import policy
from simulators import pushed_layout
from simulators.otlp_receiver import OtlpReceiver, attributes, otlp_receiver
from simulators.processes import PATIENCE, within
from simulators.registry import Registry, serve
from simulators.running_admission import RunningAdmission, decisions, pod, review, running_admission

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serve(Registry()) as found:
        pushed_layout.push(folder("cosign") / "images" / "old-key", f"{found.host}/app")
        found.manifests["old-key"] = found.manifests["v1"]
        yield found


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[OtlpReceiver]:
    with otlp_receiver() as found:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=shop")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        yield found


@pytest.fixture
def served(tmp_path: Path, registry: Registry, collector: OtlpReceiver) -> Iterator[RunningAdmission]:
    (tmp_path / "policy.yaml").write_text(policy(registry.host))
    flags = ("--policies", tmp_path / "policy.yaml", "--decision-log", tmp_path / "decisions.jsonl")
    with running_admission(tmp_path, *flags) as found:
        yield found


def evidence(place: Path, *words: str) -> str:
    environment = {**os.environ, "ASSAY_DATA_DIR": str(place / "data"), "OTEL_SDK_DISABLED": "true"}
    command = [sys.executable, "-m", "assay", "evidence", *words]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=300).stdout


def lines(place: Path, number: int) -> list[dict[str, Any]]:
    """The decision log, once it has so many lines."""
    assert within(PATIENCE, lambda: len(decisions(place / "decisions.jsonl")) >= number)
    return decisions(place / "decisions.jsonl")


def test_a_decision_names_the_verifications_it_rests_on(
    served: RunningAdmission, registry: Registry, tmp_path: Path
) -> None:
    image = f"{registry.host}/app:old-key"
    for name in ("first", "second"):
        assert served.review(pod(image, name=name))["allowed"]
    first, second = lines(tmp_path, 2)
    assert first["evidence"] == second["evidence"] and len(first["evidence"]) == 1
    (digest,) = first["images"].values()

    def listed() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(evidence(tmp_path, "list", "--subject", digest, "--json"))
        return found

    assert within(PATIENCE, lambda: len(listed()) >= 3)
    entries = listed()
    assert sorted(entry["kind"] for entry in entries) == [
        "admission-decision",
        "admission-decision",
        "image-verification",
    ]
    document = json.loads(evidence(tmp_path, "show", first["evidence"][0]))
    assert document["image"] == digest and document["identity"].startswith("key sha256:")
    decided = next(entry["digest"] for entry in entries if entry["kind"] == "admission-decision")
    decision = json.loads(evidence(tmp_path, "show", decided))
    assert decision["evidence"] == first["evidence"]


def test_a_review_is_a_trace_with_its_questions(
    served: RunningAdmission, registry: Registry, collector: OtlpReceiver
) -> None:
    body = json.dumps(review(pod(f"{registry.host}/app:old-key", name="traced"))).encode()
    answer = served.send("/validate", body, traceparent=f"00-{TRACE}-{PARENT}-01")
    assert answer.json()["response"]["allowed"]
    spans = collector.wait(3)
    assert {span.trace_id.hex() for span in spans} == {TRACE}
    (whole,) = [span for span in spans if span.name == "validate Pod"]
    assert whole.parent_span_id.hex() == PARENT
    found = attributes(whole)
    assert (found["k8s.object.name"], found["assay.action"], found["assay.verdict"]) == ("traced", "allow", "pass")
    questions = [span for span in spans if span is not whole]
    assert {span.name for span in questions} == {"registry digest", "registry signature"}
    assert {attributes(span)["server.address"] for span in questions} == {registry.host}
    assert all(span.parent_span_id == whole.span_id for span in questions)
    assert all(span.start_time_unix_nano < span.end_time_unix_nano for span in spans)
    assert collector.services == {"assay-admission"} and collector.headers[0]["x-tenant"] == "shop"


def test_a_collector_that_is_away_is_complained_of_and_holds_up_nobody(
    served: RunningAdmission, registry: Registry, collector: OtlpReceiver
) -> None:
    collector.status = 400
    assert served.review(pod(f"{registry.host}/app:old-key"))["allowed"]
    assert within(PATIENCE, lambda: "the collector takes none" in served.get("/healthz").text)
    failed = [line for line in served.get("/metrics").text.splitlines() if line.startswith("assay_spans_failed_total ")]
    assert float(failed[0].split()[1]) > 0


def test_a_protocol_that_is_not_spoken_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    (tmp_path / "policy.yaml").write_text(policy("registry.example"))
    command = [sys.executable, "-m", "assay", "admission", "serve", "--policies", str(tmp_path / "policy.yaml")]
    environment = {**os.environ, "ASSAY_DATA_DIR": str(tmp_path / "data")}
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2 and "traces cannot be sent by grpc" in done.stderr


def test_policies_of_other_languages_rest_on_the_same_evidence(tmp_path: Path, registry: Registry) -> None:
    key = (folder("cosign") / "keys" / "empty.pub").read_text().strip()
    keys = {"publicKeys": key, "rekor": {"ignoreTlog": True}, "ctlog": {"ignoreSCT": True}}
    verify = {"imageReferences": [f"{registry.host}/*"], "attestors": [{"entries": [{"keys": keys}]}]}
    match = {"any": [{"resources": {"kinds": ["Pod"]}}]}
    rule = {
        "name": "signed",
        "match": match,
        "verifyImages": [{**verify, "mutateDigest": False, "verifyDigest": False}],
    }
    kyverno = {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": "signed"}}
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "ours.yaml").write_text(policy(registry.host))
    (tmp_path / "policies" / "theirs.json").write_text(json.dumps({**kyverno, "spec": {"rules": [rule]}}))
    flags = ("--policies", tmp_path / "policies", "--decision-log", tmp_path / "decisions.jsonl")
    with running_admission(tmp_path, *flags) as served:
        answer = served.review(pod(f"{registry.host}/app:old-key"))
    assert answer["allowed"], answer
    (line,) = lines(tmp_path, 1)
    assert {result["policy"] for result in line["results"]} == {"AssayPolicy/signed", "signed"}
    assert [result["outcome"] for result in line["results"]] == ["pass", "pass"], line
    assert len(line["evidence"]) == 1
