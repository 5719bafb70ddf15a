"""`assay policy simulate`: recorded admissions of every form and what runs, compared to what happened."""

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.__main__ import main
from assay.adapters.recorded_admissions import RecordedAdmissions
from assay.engines.policy import deciding
from assay.errors import ExitCode
from assay.formats import recorded_admission
from conformance.suite import folder
from simulators.cluster import SimulatedCluster, serve
from simulators.kubeconfig import kubeconfig
from simulators.native_samples import deployment, pod
from simulators.native_samples import request as asked
from simulators.simulated_admissions import CONTROLLER, POLICY, event, line, owned

BAD, GOOD = "evil.example/app:1", "allowed.example/app:1"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "policy.yaml").write_text(POLICY)
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def simulate(place: Path, *words: str | Path) -> int:
    return main(["policy", "simulate", str(place / "policy.yaml"), *map(str, words)])


def document(place: Path, capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, Any]:
    capsys.readouterr()
    assert simulate(place, *words, "-o", "json") == ExitCode.OK
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_reviews_are_counted_by_owner_and_compared_to_what_was_answered(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "reviews.jsonl").write_text(
        line(owned("web", BAD), True, name="", userInfo=CONTROLLER)
        + line(owned("web", BAD), True, name="", userInfo=CONTROLLER)
        + line(pod(BAD, name="lone"), False)
        + line(pod(GOOD, name="fine"), True)
        + line(pod(GOOD, name="freed"), False)
        + line(pod(BAD, name="asked"))
    )
    found = document(place, capsys, "--reviews", place / "reviews.jsonl")
    assert found["counts"] == {
        "asked": 6,
        "denied": 4,
        "newlyDenied": 2,
        "stillDenied": 1,
        "noLongerDenied": 1,
        "reported": 0,
    }
    by_name = {item["name"]: item for item in found["workloads"]}
    assert {name: (item["kind"], item["result"]) for name, item in by_name.items()} == {
        "web": ("Deployment", "newly denied"),
        "lone": ("Pod", "still denied"),
        "asked": ("Pod", "denied"),
        "freed": ("Pod", "no longer denied"),
    }
    (violation,) = by_name["web"]["violations"]
    assert (violation["policy"], violation["rule"], violation["count"]) == ("AssayPolicy/registries", "registries", 2)
    assert violation["mend"] == "assay image copy evil.example/app:1 allowed.example/app"
    assert simulate(place, "--reviews", place / "reviews.jsonl", "--fail-on-denied") == ExitCode.NO
    text = capsys.readouterr().out
    assert "shop       Deployment/web  newly denied      2      -      AssayPolicy/registries registries" in text
    assert "    mend: assay image copy evil.example/app:1 allowed.example/app\n" in text
    assert "4 would be denied (2 newly, 1 as before, 1 of which nobody knows before), 1 no longer" in text


def test_an_audit_log_is_replayed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused = {"code": 403, "message": 'admission webhook "x" denied the request: no'}
    stored = {**pod(BAD, name="patched"), "metadata": {"name": "patched", "namespace": "shop", "uid": "7"}}
    log = (
        event(pod(BAD, name="one"))
        + event(pod(BAD, name="one"), time="2026-11-05T09:30:00.123456Z", verb="update", code=200)
        + event(pod(BAD, name="two"), responseStatus=refused)
        + event(pod(BAD, name="forbidden"), responseStatus={"code": 403, "message": "pods is forbidden"})
        + event(pod(BAD, name="dry"), requestURI="/api/v1/namespaces/shop/pods?dryRun=All")
        + event(pod(BAD, name="early"), stage="RequestReceived")
        + event(pod(BAD, name="watched"), verb="watch", code=200)
        + event(pod(BAD, name="state"), objectRef={"resource": "pods", "subresource": "status", "apiVersion": "v1"})
        + event({"metadata": {"name": "patched"}, "spec": {}}, verb="patch", code=200)
        + event({"metadata": {"name": "patched"}}, verb="patch", code=200, responseObject=stored)
        + "{broken\n"
        + '{"kind": "Pod"}\n'
    )
    (place / "audit.log.gz").write_bytes(gzip.compress(log.encode()))
    found = document(place, capsys, "--audit-log", place / "audit.log.gz")
    assert {item["name"]: item["result"] for item in found["workloads"]} == {
        "one": "newly denied",
        "two": "still denied",
        "patched": "newly denied",
    }
    one = next(item for item in found["workloads"] if item["name"] == "one")
    assert (one["first"], one["last"]) == ("2026-11-02T10:00:00Z", "2026-11-05T09:30:00.123456Z")
    assert found["notAsked"] == {"cut": 1, "unreadable": 2}


def test_the_controllers_record_is_replayed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    allowed = deciding.decide(())
    lines = [
        recorded_admission.write(f"2026-11-0{day}T00:00:00Z", asked(deployment(BAD, name="web")), allowed)
        for day in (1, 3, 2)
    ]
    RecordedAdmissions(place / "data" / "admission" / "requests").write(lines)
    found = document(place, capsys, "--decisions")
    (item,) = found["workloads"]
    assert (item["name"], item["counts"]["newlyDenied"]) == ("web", 3)
    assert (item["first"], item["last"]) == ("2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z")


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    with serve(SimulatedCluster()) as found:
        for number in range(1200):
            image = BAD if number % 100 == 0 else GOOD
            made = f"2026-10-0{number % 9 + 1}T00:00:00Z"
            found.put(deployment(image, name=f"app-{number}", creationTimestamp=made))
        ended = pod(BAD, name="ended")
        found.put({**ended, "status": {"phase": "Succeeded"}})
        yield found


def test_what_runs_is_asked_about_page_by_page(
    place: Path, cluster: SimulatedCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    config = kubeconfig(place, cluster.url)
    found = document(place, capsys, "--kubeconfig", config)
    assert (found["counts"]["asked"], found["counts"]["newlyDenied"]) == (1200, 12)
    assert found["workloads"][0]["first"].startswith("2026-10-0")
    pages = [line for line in cluster.requests if "/deployments?" in line]
    assert len(pages) == 3
    assert all("limit=500" in line for line in pages)
    assert main(["policy", "apply", str(place / "policy.yaml"), "--kubeconfig", str(config), "--fail-only"]) == 1
    text = capsys.readouterr().out
    assert text.count("verdict fail, action deny") == 12
    assert "shop/Deployment/app-100: verdict fail" in text
    assert "verdict pass" not in text
    assert simulate(place, "--kubeconfig", config, "--namespace", "other") == ExitCode.OK
    assert "0 asked of 1 policy" in capsys.readouterr().out


def test_pods_that_run_count_to_the_controller_on_top(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve(SimulatedCluster()) as cluster:
        above = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "d", "controller": True}
        made = cluster.put(
            {**deployment(BAD, name="web"), "metadata": {"name": "web", "namespace": "shop", "uid": "d"}}
        )
        assert made["metadata"]["uid"] == "d"
        replicas = {**deployment(BAD, name="web-5d4f"), "kind": "ReplicaSet"}
        replicas["metadata"] = {"name": "web-5d4f", "namespace": "shop", "uid": "9", "ownerReferences": [above]}
        cluster.put(replicas)
        for number in range(3):
            item = owned("web", BAD)
            cluster.put({**item, "metadata": {**item["metadata"], "name": f"web-5d4f-{number}"}})
        found = document(place, capsys, "--kubeconfig", kubeconfig(place, cluster.url))
    assert [(item["kind"], item["name"], item["counts"]["denied"]) for item in found["workloads"]] == [
        ("Deployment", "web", 4)
    ]


def test_phases_and_dates_as_policy_check_has_them(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "policy.yaml").write_text(POLICY + "  rollout: {auditUntil: 2026-12-01, grace: 30d}\n")
    log = place / "audit.log"
    log.write_text(event(pod(BAD, name="one"), time="2026-11-02T10:00:00Z"))
    at = {date: document(place, capsys, "--audit-log", log, "--at", date) for date in ("2026-11-20", "2026-12-20")}
    assert [found["workloads"][0]["result"] for found in at.values()] == ["reported", "reported"]
    phases = [found["workloads"][0]["violations"][0]["phase"] for found in at.values()]
    assert phases == ["audit until 2026-12-01 00:00 UTC", "grace until 2026-12-31 00:00 UTC"]
    assert document(place, capsys, "--audit-log", log, "--at", "2027-01-01")["counts"]["denied"] == 1
    (place / "reviews.jsonl").write_text(line(pod(BAD)))
    new = document(place, capsys, "--reviews", place, "--at", "2026-12-20")
    assert new["counts"]["denied"] == 1
    assert document(place, capsys, "--reviews", place, "--at", "2026-12-20", "--existing")["counts"]["denied"] == 0
    (place / "policy.yaml").write_text(POLICY + "  rollout: {gates: [{noNewViolationFor: 14d}]}\n")
    shut = document(place, capsys, "--reviews", place / "reviews.jsonl")
    assert shut["workloads"][0]["violations"][0]["phase"] == "audit; whether its gates hold is not known here"
    assert document(place, capsys, "--reviews", place / "reviews.jsonl", "--gate-open")["counts"]["denied"] == 1


def test_recorded_reviews_of_a_real_api_server(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that the suite has: every one is asked or told."""
    reviews = folder("admission-reviews") / "reviews"
    found = document(place, capsys, "--reviews", reviews)
    assert found["counts"]["asked"] + found["notAsked"]["cut"] == len(list(reviews.iterdir()))
    assert found["notAsked"]["unreadable"] == 0
    assert found["counts"]["denied"] > 100


def test_pods_count_to_whoever_is_said_to_make_them(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Here nothing is believed because of it: it is only who is told."""
    lines = ""
    for number in range(28_000_000, 28_000_005):
        job = {"apiVersion": "batch/v1", "kind": "Job", "name": f"backup-{number}", "uid": "9", "controller": True}
        item = pod(BAD, name=f"backup-{number}-x", ownerReferences=[job])
        lines += line(item, True, userInfo={"username": "system:serviceaccount:kube-system:job-controller"})
        task = {"apiVersion": "tekton.dev/v1", "kind": "TaskRun", "name": "build", "uid": "8", "controller": True}
        lines += line(pod(BAD, name=f"build-{number}", ownerReferences=[task]), True)
    (place / "reviews.jsonl").write_text(lines)
    found = document(place, capsys, "--reviews", place / "reviews.jsonl")
    owners = {(item["kind"], item["name"], item["counts"]["denied"]) for item in found["workloads"]}
    assert owners == {("CronJob", "backup", 5), ("TaskRun", "build", 5)}


def test_a_file_of_something_else_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(place, "--audit-log", place / "policy.yaml") == ExitCode.INPUT
    assert "entries is an admission" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--reviews", "absent"], ["--audit-log", "empty"]])
def test_nothing_to_ask_about_at_all(place: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (place / "empty").mkdir()
    code = simulate(place, *(place / word if not word.startswith("-") else word for word in words))
    assert code == (ExitCode.INPUT if words else ExitCode.USAGE)
    assert capsys.readouterr().err.startswith("assay: error: ")


def test_a_policy_that_cannot_be_loaded_ends_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "policy.yaml").write_text(POLICY + "  other: 1\n")
    (place / "reviews.jsonl").write_text(line(pod(BAD)))
    assert simulate(place, "--reviews", place / "reviews.jsonl") == ExitCode.INPUT
    assert "spec.other is not known" in capsys.readouterr().err


def test_broken_lines_spoil_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = ["{", "[]", "null", '{"request": 1}', '{"request": {"object": []}}', "\x00", '{"a": ' * 5000, "x" * 100]
    text = "\n".join(odd) + "\n" + line(pod(BAD)) + '{"request": {"operation": "EAT", "object": {}}}\n'
    (place / "reviews.jsonl").write_text(text)
    found = document(place, capsys, "--reviews", place / "reviews.jsonl")
    assert found["counts"]["denied"] == 1
    assert found["notAsked"]["unreadable"] == len(odd) + 1
    (place / "cut.jsonl.gz").write_bytes(gzip.compress((line(pod(BAD)) * 500).encode())[:-300])
    assert document(place, capsys, "--reviews", place / "cut.jsonl.gz")["notAsked"]["unreadable"] == 1


_MEASURED = """
import resource, sys
from assay.__main__ import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def test_memory_does_not_grow_with_the_number_of_admissions(place: Path) -> None:
    assert resource.RUSAGE_SELF is not None

    def peak(count: int) -> int:
        log = place / f"{count}.jsonl.gz"
        with gzip.open(log, "wt", compresslevel=1) as file:
            for number in range(count):
                file.write(line(pod(BAD, name=f"app-{number % 50}"), True))
        words = ["policy", "simulate", str(place / "policy.yaml"), "--reviews", str(log)]
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, *words], check=True, capture_output=True, text=True, timeout=300
        )
        assert f"{count} asked of 1 policy" in done.stdout
        return int(done.stderr.split()[-1])

    small, large = peak(200), peak(12_000)
    assert large - small < 12 << 10, (small, large)  # KiB; what is counted is the same


def test_check_says_that_gates_are_not_known(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "policy.yaml").write_text(POLICY + "  rollout: {gates: [{noNewViolationFor: 14d}]}\n")
    words = ["policy", "check", BAD, "--policies", str(place / "policy.yaml")]
    assert main(words) == ExitCode.OK
    told = capsys.readouterr()
    assert "verdict fail, action allow" in told.out
    assert "(audit; whether its gates hold is not known here)" in told.out
    assert "--gate-open takes it that they do" in told.err
    assert main([*words, "--gate-open"]) == ExitCode.NO
    assert "verdict fail, action deny" in capsys.readouterr().out
