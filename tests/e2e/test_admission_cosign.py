"""What cosign signed, judged through the webhook: every row in every language that can say it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.suite import Tally, folder
from conformance.test_cosign_policies import (
    cases,
    cluster_image_policy,
    image_validating_policy,
    native,
    reference,
    verify_images,
)
from simulators import pushed_layout, real_registries
from simulators.registry import Faults, Registry, serve
from simulators.running_admission import RunningAdmission, pod, running_admission

Case = dict[str, Any]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    suite = folder("cosign")
    with real_registries.debian(tmp_path_factory.mktemp("registry")) as host:
        for layout in sorted((suite / "images").iterdir()):
            pushed_layout.push(layout, f"{host}/{layout.name}")
        yield host


@pytest.fixture(scope="module")
def served(registry: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAdmission]:
    """All policies at once, each about pods with a label of its own."""
    place, suite = tmp_path_factory.mktemp("admission"), folder("cosign")
    policies = place / "policies"
    shutil.copytree(suite / "roots", policies)
    for number, case in enumerate(cases()):
        label = {"matchLabels": {"row": f"native-{number}"}}
        ours = native(suite, case)
        ours["spec"]["workloads"] = {"selector": label}
        found = [ours, *_foreign(suite, case, number)]
        for item in found:
            item["metadata"]["name"] = f"row-{number}"
        (policies / f"row-{number:03}.yaml").write_text("\n---\n".join(map(json.dumps, found)))
    flags = ("--enforce=policy-controller", "--enforce=kyverno", "--admission-trusted-root", suite / "roots/right.json")
    with running_admission(place, "--policies", policies, *flags) as running:
        yield running


def _foreign(suite: Path, case: Case, number: int) -> Iterator[dict[str, Any]]:
    """The row in the other languages, as far as they can say it; each is about a label."""

    def label(language: str) -> dict[str, Any]:
        return {"matchLabels": {"row": f"{language}-{number}"}}

    theirs = cluster_image_policy(suite, case)
    if theirs is not None:
        selector = label("cluster_image_policy")
        theirs["spec"]["match"] = [{"version": "v1", "resource": "pods", "selector": selector}]
        yield theirs
    if case.get("trusted_root", "roots/right.json") == "roots/right.json":
        cel = image_validating_policy(suite, case)
        cel["spec"]["matchConstraints"]["objectSelector"] = label("image_validating_policy")
        classic = verify_images(suite, case)
        (rule,) = classic["spec"]["rules"]
        rule["match"]["any"][0]["resources"]["selector"] = label("verify_images")
        yield from (cel, classic)


SKIPPED = {"native": 0, "cluster_image_policy": 3, "image_validating_policy": 8, "verify_images": 8}
"""Rows that a language cannot say: annotations in a ClusterImagePolicy, a trust root of its own in Kyverno's."""


@pytest.mark.parametrize("language", sorted(SKIPPED))
def test_every_row_is_judged_right_through_the_webhook(served: RunningAdmission, registry: str, language: str) -> None:
    tally, skipped = Tally(f"cosign-webhook-{language}"), 0
    assert "warnings" not in served.get("/healthz").json()
    for number, case in enumerate(cases()):
        rooted = case.get("trusted_root", "roots/right.json") != "roots/right.json"
        if ("annotations" in case and language == "cluster_image_policy") or (rooted and SKIPPED[language] == 8):
            skipped += 1
            continue
        item = pod(reference(registry, case))
        item["metadata"]["labels"]["row"] = f"{language}-{number}"
        answer = served.review(item, timeout="30s")
        case["said"] = answer.get("status", {}).get("message", "")
        assert re.search(rf"row-{number}\b", case["said"]) or answer["allowed"], case
        seen = "accept" if answer["allowed"] else "refuse"
        tally.add(case["name"], case["expected"], "either" if case["expected"] == "either" else seen)
    assert skipped == SKIPPED[language]
    tally.close(1.0)


def test_every_row_is_judged_right_through_gatekeepers_provider(tmp_path: Path) -> None:
    """Each row in a repository of its own: the simulated registry has one space of names for all of them."""
    suite, tally = folder("cosign"), Tally("cosign-webhook-provider")
    (tmp_path / "policies").mkdir()
    with serve(Registry(faults=Faults(no_referrers_api=True))) as registry:
        for layout in sorted((suite / "images").iterdir()):
            pushed_layout.push(layout, f"{registry.host}/all")
        for number, case in enumerate(cases()):
            item = native(suite, case)
            item["metadata"]["name"] = f"row-{number}"
            item["spec"]["images"] = {"include": [f"{registry.host}/row-{number}"]}
            (tmp_path / "policies" / f"row-{number}.json").write_text(json.dumps(item))
        for path in (suite / "roots").iterdir():
            shutil.copyfile(path, tmp_path / "policies" / path.name)
        with running_admission(tmp_path, "--policies", tmp_path / "policies") as served:
            for number, case in enumerate(cases()):
                key = f"{registry.host}/row-{number}@{case['digest']}"
                asked = {"apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest"}
                body = json.dumps({**asked, "request": {"keys": [key]}}).encode()
                (answer,) = served.send("/provider", body).json()["response"]["items"]
                case["said"] = answer["error"]
                assert answer["error"] or answer["value"] == key
                seen = "refuse" if answer["error"] else "accept"
                tally.add(case["name"], case["expected"], "either" if case["expected"] == "either" else seen)
    tally.close(1.0)
