"""Events: told on object and policy, counted where they come again, limited, and never more than one for one thing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from assay.adapters.kubernetes.client import Cluster
from assay.app.cluster_events import BURST, QUIET, SCAN_BURST, ClusterEvents
from assay.app.companions import Decided
from assay.engines.policy import deciding
from assay.formats import admission_review, manifest
from assay.model.policy import Action, Outcome, RuleResult
from simulators.cluster import SimulatedCluster
from simulators.running_admission import pod, review

POLICY = b"apiVersion: assay.dev/v1alpha1\nkind: AssayPolicy\nmetadata: {name: release, uid: u1}\nspec: {}"
BAD = RuleResult("AssayPolicy/release", "signedBy", Outcome.FAIL, "it is not signed", Action.DENY, {"mend": "sign it"})


@dataclass
class Loaded:
    """What is asked of a controller."""

    loads: int = 1
    manifests: list[Any] = field(default_factory=lambda: list(manifest.read(POLICY, "p")))


class Telling:
    """Events of a controller, written when the test says so, on a clock of the test."""

    def __init__(self, cluster: Cluster, simulated: SimulatedCluster) -> None:
        self.time = 1000.0
        self.simulated = simulated
        self.events = ClusterEvents(Loaded(), cluster, lambda: self.time)  # type: ignore[arg-type]

    def decide(self, *results: RuleResult, name: str = "app", **request: Any) -> None:
        asked = admission_review.request(review(pod("a.example/b:1", name=name), **request))
        self.events.decided(Decided("2026-11-26T20:11:04Z", asked, deciding.decide(results), 0.01, {}))

    def flush(self) -> list[dict[str, Any]]:
        batches = self.events._batches
        while batch := batches._next():
            self.events._write(batch)
        self.events._repeat()
        return [item for item in list(self.simulated.objects.values()) if item["kind"] == "Event"]


@pytest.fixture
def telling(cluster: Cluster, simulated: SimulatedCluster) -> Telling:
    return Telling(cluster, simulated)


def test_a_refusal_is_told_on_the_object_and_on_the_policy(telling: Telling) -> None:
    telling.decide(BAD)
    on_pod, on_policy = sorted(telling.flush(), key=lambda item: item["involvedObject"]["kind"] != "Pod")
    assert on_pod["involvedObject"] == {"apiVersion": "v1", "kind": "Pod", "name": "app", "namespace": "shop"}
    assert on_pod["reason"] == "Denied" and on_pod["message"].endswith("to mend: sign it")
    assert on_policy["involvedObject"]["uid"] == "u1" and on_policy["reason"] == "PolicyViolation"
    assert on_policy["message"].startswith("shop/Pod/app by dev@org.example: denied: ")


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (RuleResult("p", "r", Outcome.FAIL, "m", Action.AUDIT), "PolicyViolation"),
        (RuleResult("p", "r", Outcome.ERROR, "m", Action.AUDIT), "PolicyError"),
        (RuleResult("p", "r", Outcome.SKIP, "m", Action.AUDIT, {"breakGlass": "g"}), "BreakGlassUsed"),
    ],
)
def test_reasons(telling: Telling, result: RuleResult, reason: str) -> None:
    telling.decide(result)
    (event,) = telling.flush()
    assert event["reason"] == reason


def test_what_passes_is_not_told(telling: Telling) -> None:
    telling.decide(RuleResult("p", "r", Outcome.PASS), RuleResult("p", "s", Outcome.SKIP))
    assert telling.flush() == []


def test_the_same_again_is_counted_and_written_after_a_while(telling: Telling) -> None:
    for _ in range(50):
        telling.decide(BAD)
    first = telling.flush()
    assert [event["count"] for event in first] == [1, 1]
    telling.time += QUIET + 1
    assert [event["count"] for event in telling.flush()] == [50, 50]
    assert telling.events.written == 4


def test_another_replica_goes_on_counting(telling: Telling, cluster: Cluster, simulated: SimulatedCluster) -> None:
    telling.decide(BAD)
    telling.flush()
    other = Telling(cluster, simulated)
    other.decide(BAD)
    assert [event["count"] for event in other.flush()] == [2, 2]


def test_a_flood_is_limited_and_counted(telling: Telling) -> None:
    for number in range(300):
        telling.decide(BAD, name=f"app-{number}")
    assert len(telling.flush()) == BURST
    (dropped,) = [figure for figure in telling.events.figures if "dropped" in figure.name]
    assert dropped.read() == 600 - BURST


def test_long_messages_are_cut_at_a_whole_letter(telling: Telling) -> None:
    telling.decide(RuleResult("p", "r", Outcome.FAIL, "ü" * 2000, Action.AUDIT))
    (event,) = telling.flush()
    assert len(event["message"].encode()) <= 1024 and set(event["message"]) == {"ü"}


def test_odd_names_and_refusals_hold_up_no_other(telling: Telling, simulated: SimulatedCluster) -> None:
    telling.decide(BAD, name="system:node-Proxy..")
    assert {event["metadata"]["name"].rpartition(".")[0] for event in telling.flush()} == {
        "system-node-proxy",
        "release",
    }
    simulated.faults.refuse = 1
    telling.decide(BAD, name="refused")
    assert len(telling.flush()) == 3
    assert telling.events.limited == 1 and not telling.events.complaints


def test_an_event_that_is_gone_is_made_anew(telling: Telling, simulated: SimulatedCluster) -> None:
    telling.decide(BAD)
    for event in telling.flush():
        simulated.delete("events", event["metadata"]["namespace"], event["metadata"]["name"])
    telling.decide(BAD)
    telling.time += QUIET + 1
    assert telling.flush() == []
    telling.decide(BAD)
    assert len(telling.flush()) == 2


def test_a_scan_leaves_room_for_refusals(telling: Telling) -> None:
    for number in range(500):
        telling.events.violated(pod("a.example/b:1", name=f"p{number}"), [BAD])
    telling.decide(BAD)
    events = telling.flush()
    assert len(events) == SCAN_BURST + 2 and [event for event in events if event["reason"] == "Denied"]
