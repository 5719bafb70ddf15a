"""Kyverno's own admission controller beside assay: the same policies, reviews and load in one run, verdict by verdict.

All answer over HTTPS on loopback, in turns, on the same cores: Kyverno as it comes but without reports, a replica of it
that writes no events either, and assay, which writes neither here. The table is printed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import requests
import yaml
from bench import admission_pod_security, measure

from simulators.real_cluster import RealCluster
from simulators.real_kyverno import RealKyverno, real_kyverno
from simulators.running_admission import running_admission

pytestmark = pytest.mark.interop
ROUNDS, SECONDS, CONNECTIONS = 2, 10, 16
RATES = {"100 a second": 100, "as fast as it can": 0}
WORST = {
    "hostNetwork": True,
    "hostPID": True,
    "volumes": [{"name": "host", "hostPath": {"path": "/"}}],
    "securityContext": {
        "sysctls": [{"name": "kernel.msgmax", "value": "1"}],
        "runAsUser": 0,
        "seccompProfile": {"type": "Unconfined"},
        "seLinuxOptions": {"type": "other_t", "user": "other", "role": "other"},
        "windowsOptions": {"hostProcess": True},
    },
    "containers": [
        {
            "name": "app",
            "image": "app.example/app:1",
            "ports": [{"containerPort": 80, "hostPort": 80}],
            "securityContext": {
                "privileged": True,
                "capabilities": {"add": ["SYS_ADMIN"]},
                "procMount": "Unmasked",
                "runAsUser": 0,
            },
        }
    ],
}
"""What no policy of the Pod Security Standards allows; `UNCONFINED` are its annotations."""
UNCONFINED = {"container.apparmor.security.beta.kubernetes.io/app": "unconfined"}
Object = dict[str, Any]
Rules = frozenset[tuple[str, str]]
Verdict = tuple[bool, Rules]


@dataclass
class Side:
    """One of the two, and what its runs gave; `url` is that of its webhook."""

    name: str
    url: str
    ca: Path
    process: int
    runs: dict[str, list[Object]] = field(default_factory=lambda: {name: [] for name in RATES})

    def verdicts(self, reviews: Sequence[Object], policies: Sequence[Object]) -> list[Verdict]:
        """Whether it allows each review, and the policies and rules that failed."""
        with requests.Session() as session:
            sent = partial(session.post, f"{self.url}?timeout=10s", timeout=30, verify=str(self.ca))
            answers = [sent(json=item).json() for item in reviews]
        responses = [item["response"] for item in answers]
        return [(item["allowed"], _failed(item, policies)) for item in responses]

    def load(self, name: str, reviews: Path) -> None:
        """One run of the load generator, in a process of its own."""
        words = [self.url, self.ca, reviews, RATES[name], SECONDS, CONNECTIONS]
        command = [sys.executable, "-m", "bench.admission_load", *map(str, words)]
        before = measure.cpu(self.process)
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS + 60)
        found: Object = json.loads(done.stdout)
        found["CPU"] = (measure.cpu(self.process) - before) / max(found["answers"], 1) * 1000
        self.runs[name].append(found)

    def middle(self, name: str, part: str) -> float:
        """The median of a figure over the rounds."""
        return median(float(item[part]) for item in self.runs[name])

    def memory(self) -> int:
        """The high-water marks of its processes, in bytes."""
        return sum(map(measure.resident, measure.family(self.process)))


def _failed(response: Object, policies: Sequence[Object]) -> Rules:
    """Out of a refusal's text: YAML for Kyverno, ``[policy rule]`` at the end of a reason for assay."""
    text = str(response.get("status", {}).get("message", ""))
    _, told, listed = text.partition("was blocked due to the following policies")
    if told:
        found: dict[str, dict[str, str]] = yaml.safe_load(listed)
        return frozenset((policy, rule) for policy, rules in found.items() for rule in rules)
    names = "|".join(re.escape(item["metadata"]["name"]) for item in policies)
    return frozenset(re.findall(rf"\[(?:ClusterPolicy/)?({names}) ([\w-]+)\]", text))


@pytest.fixture(scope="module")
def policies() -> list[Object]:
    return admission_pod_security.policies()


@pytest.fixture(scope="module")
def reviews() -> list[Object]:
    return admission_pod_security.reviews()


@pytest.fixture(scope="module")
def controllers(
    cluster: RealCluster, policies: list[Object], reviews: list[Object], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RealKyverno, RealKyverno]]:
    names = {item["request"]["namespace"] for item in reviews}
    cluster.apply(*({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in sorted(names)))
    with real_kyverno(cluster, tmp_path_factory.mktemp("kyverno"), events=True) as first:
        first.install(policies)
        with real_kyverno(cluster, tmp_path_factory.mktemp("replica"), events=False) as second:
            yield first, second


@pytest.fixture(scope="module")
def sides(
    controllers: tuple[RealKyverno, RealKyverno], policies: list[Object], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Side, Side, Side]]:
    folder = tmp_path_factory.mktemp("assay")
    (folder / "policies.yaml").write_text("\n---\n".join(map(json.dumps, policies)))
    names = ("Kyverno 1.19.1", "Kyverno 1.19.1 without events")
    theirs = [Side(name, it.url, it.ca, it.process.pid) for name, it in zip(names, controllers, strict=True)]
    with running_admission(folder, "--policies", folder / "policies.yaml", "--enforce", "kyverno") as ours:
        ca = folder / "data/admission/tls/ca.crt"
        yield theirs[0], theirs[1], Side("assay", f"{ours.url}/validate", ca, ours.process.pid)


def test_all_allow_and_deny_the_same_by_the_same_rules(
    sides: tuple[Side, Side, Side], policies: list[Object], reviews: list[Object]
) -> None:
    theirs, replica, ours = (side.verdicts(reviews, policies) for side in sides)
    assert replica == theirs
    assert all(rules for allowed, rules in (*theirs, *ours) if not allowed)
    differences = [found for found in zip(reviews, theirs, ours, strict=True) if found[1] != found[2]]
    denied = sum(not allowed for allowed, _ in theirs)
    print(
        f"\n{len(policies)} policies, {len(reviews)} reviews, {denied} of them denied; {len(differences)} differences"
    )
    assert [_told(*found) for found in differences] == []


def test_every_policy_is_in_force(
    sides: tuple[Side, Side, Side], policies: list[Object], reviews: list[Object]
) -> None:
    pod = next(item for item in reviews if item["request"]["kind"]["kind"] == "Pod")
    worst = {**pod["request"]["object"], "spec": WORST}
    worst["metadata"] = {**worst["metadata"], "annotations": UNCONFINED}
    review = _made({**pod, "request": {**pod["request"], "object": worst}}, "object")
    verdicts = [side.verdicts([review], policies) for side in sides]
    assert verdicts[0] == verdicts[1] == verdicts[2]
    assert {policy for policy, _ in verdicts[0][0][1]} == {item["metadata"]["name"] for item in policies}


def test_what_is_updated_is_judged_alike_where_it_is_made(
    sides: tuple[Side, Side, Side], policies: list[Object], reviews: list[Object]
) -> None:
    updates = [item for item in reviews if item["request"]["operation"] == "UPDATE"]
    for part in ("object", "oldObject"):
        made = [_made(item, part) for item in updates]
        theirs, _, ours = (side.verdicts(made, policies) for side in sides)
        assert [found for found in zip(made, theirs, ours, strict=True) if found[1] != found[2]] == []


def test_assay_answers_sooner_and_more_often(
    sides: tuple[Side, Side, Side], reviews: list[Object], tmp_path: Path
) -> None:
    (tmp_path / "reviews.jsonl").write_text("\n".join(map(json.dumps, reviews)))
    for _ in range(ROUNDS):
        for name in RATES:
            for side in sides:
                side.load(name, tmp_path / "reviews.jsonl")
    print("\n" + "\n".join(_table(sides)))
    ours = sides[-1]
    assert not any(item["failed"] for side in sides for runs in side.runs.values() for item in runs)
    for theirs in sides[:-1]:
        assert ours.middle("100 a second", "p99") < theirs.middle("100 a second", "p99")
        assert ours.middle("as fast as it can", "a second") > theirs.middle("as fast as it can", "a second")


def _made(review: Object, part: str) -> Object:
    request = {**review["request"], "operation": "CREATE", "object": review["request"][part], "oldObject": None}
    request["options"] = {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"}
    return {**review, "request": request}


def _told(review: Object, theirs: Verdict, ours: Verdict) -> str:
    request = review["request"]
    words = (request["uid"], request["operation"], request["kind"]["kind"], request["name"])
    return f"{' '.join(words)}: Kyverno {theirs[0]} {sorted(theirs[1])}, assay {ours[0]} {sorted(ours[1])}"


def _table(sides: Sequence[Side]) -> Iterator[str]:
    yield "| controller | run | answers/s | p50 ms | p99 ms | CPU ms/review | memory MB |"
    yield "|---|---|---|---|---|---|---|"
    for name in RATES:
        for side in sides:
            rate, *times, cpu = (side.middle(name, part) for part in ("a second", "p50", "p99", "CPU"))
            told = " | ".join(f"{item:.1f}" for item in times)
            yield f"| {side.name} | {name} | {rate:.0f} | {told} | {cpu:.2f} | {side.memory() / 1e6:.0f} |"
