"""Converted policies give the answers of those that they were made of: Kyverno's own tests, and what cosign signed.

A rule that is not converted counts as missed; so does a test that gives values to variables, which CEL looks up.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assay.app import policies
from assay.app.image_evidence import NamedRoots, Reach, Registries
from assay.engines.policy import deciding
from assay.engines.policy.converting import classic as converting
from assay.engines.policy.converting import native as to_native
from assay.engines.policy.converting.losses import Converted
from assay.engines.policy.kyverno import loading as classic
from assay.engines.policy.kyverno_cel import loading as cel
from assay.engines.policy.kyverno_test import trying
from assay.engines.policy.kyverno_test.policies import Held, Policies
from assay.engines.policy.kyverno_test.reading import TestFile, is_test, load
from assay.engines.policy.kyverno_test.surroundings import Surroundings
from assay.engines.policy.world import World
from assay.errors import AssayError
from assay.formats import manifest, trusted_root
from assay.formats.manifest import Manifest
from assay.model.policy import RuleResult
from assay.model.trusted_root import TrustedRoot
from conformance.suite import Case, Tally, folder, lines
from conformance.test_cosign_policies import cases, cluster_image_policy, reference, registry, verify_images
from conformance.test_kyverno import unpacked
from simulators.native_samples import pod, request

__all__ = ["registry"]
SAME = {"skip": "pass", "none": "pass", "warn": "pass", "error": "fail"}
"""Outcomes by what they do: an object that is not asked about passes; what cannot be told is refused."""
Answers = dict[tuple[str, str], str]


def tried(files: dict[str, bytes], path: str) -> Iterator[tuple[TestFile, Manifest]]:
    """The tests in a file, each with the classic policies that it names."""
    try:
        for item in manifest.read(files[path], path):
            test = load(item, lambda name: files[name])
            if is_test(item.object):
                yield from ((test, one) for one in test.manifests("policies") if classic.is_policy(one.object))
    except (AssayError, KeyError):
        return  # a test that is broken, as the suite has some


def asked(test: TestFile, held: list[Held]) -> dict[tuple[str, str, str], list[tuple[RuleResult, Any]]]:
    """What policies say of the resources of a test, by policy, operation and resource."""
    found: dict[tuple[str, str, str], list[tuple[RuleResult, Any]]] = {}
    for response in trying.responses(test, Policies(held), Surroundings.of(test)):
        about = json.dumps(response.item, sort_keys=True)
        key = (response.policy.name, response.operation or "CREATE", about)
        found.setdefault(key, []).extend((result, result.patched) for result in response.results)
    return found


def outcome(results: list[tuple[RuleResult, Any]]) -> str:
    """What was decided, and what was made of the object."""
    said = str(results[0][0].outcome) if results else "none"
    changed = [patched for _, patched in results if patched is not None]
    made = [item.get("metadata", {}).get("name") for result, _ in results for item in result.generated]
    return f"{SAME.get(said, said)} {json.dumps([changed[-1:], made], sort_keys=True)}"


def compare(tally: Tally, case: Case, test: TestFile, policy: Manifest, converted: Converted) -> None:
    """Every rule about every resource: before and after."""
    old = asked(test, [Held("old", "ClusterPolicy", classic.load(policy, everywhere=True), True)])
    made = [Manifest(item, policy.file, policy.line) for item in converted.objects]
    names = list(dict.fromkeys(name for _, name in converted.rules))
    new = asked(
        test, [Held(name, "", cel.load(one, everywhere=True), True) for name, one in zip(names, made, strict=True)]
    )
    for rule in dict(converted.rules):
        became = [name for of, name in converted.rules if of == rule]
        forms = (rule, f"autogen-{rule}"[:63], f"autogen-cronjob-{rule}"[:63])
        for (_, operation, about), results in old.items():
            before = outcome([one for one in results if one[0].rule in forms])
            after = outcome([one for name in became for one in new.get((name, operation, about), [])])
            tally.add(f"{case['name']}: {converted.name}/{rule}", before, after)


@pytest.fixture(scope="module")
def converted() -> tuple[Tally, Tally]:
    """Rules that were converted, and the answers of those."""
    suite, rules, answers = folder("kyverno"), Tally("converted rules"), Tally("answers of converted rules")
    files, seen = unpacked(suite / "tests.tar.zst"), set[str]()
    for case in lines(suite / "index.jsonl"):
        for test, policy in tried(files, posixpath.normpath(case["test"])):
            try:
                found = converting.convert(policy)
            except AssayError:
                continue  # it does not load in its own language either
            if policy.place not in seen:
                item: dict[str, Any] = policy.object
                for name in {str(rule["name"]) for rule in item["spec"]["rules"]}:
                    reason = next((loss.what for loss in found.refused if loss.field == f"spec.rules[{name}]"), "")
                    rules.add(f"{policy.place} {name}", "converted", reason or "converted")
            seen.add(policy.place)
            compare(answers, case, test, policy, found)
    return rules, answers


def test_rules_are_converted(converted: tuple[Tally, Tally]) -> None:
    converted[0].close(least=0.82)


def test_converted_rules_answer_as_before(converted: tuple[Tally, Tally]) -> None:
    converted[1].close(least=0.965)


def controlled(suite: Path, case: Case) -> Converted | None:
    """A row as an AssayPolicy out of a ClusterImagePolicy."""
    item = cluster_image_policy(suite, case)
    return to_native.of_cluster_image_policy(Manifest(item, "row.yaml", 1)) if item is not None else None


def verified(suite: Path, case: Case) -> Converted:
    """A row as an AssayPolicy out of ``verifyImages``."""
    return to_native.of_verify_images(Manifest(verify_images(suite, case), "row.yaml", 1))


def validated(suite: Path, case: Case) -> Converted:
    """A row as an ImageValidatingPolicy out of ``verifyImages``."""
    return converting.convert(Manifest(verify_images(suite, case), "row.yaml", 1))


@pytest.mark.parametrize("convert", [controlled, verified, validated])
def test_every_row_of_cosign_is_judged_right_by_a_converted_policy(registry: str, convert: Any) -> None:
    suite, tally, skipped = folder("cosign"), Tally(f"cosign-converted-{convert.__name__}"), list[str]()
    named = {path.stem: trusted_root.read(path.read_bytes()) for path in (suite / "roots").iterdir()}
    known = {name: Registries(Reach(NamedRoots(partial(TrustedRoot, *root), named))) for name, root in named.items()}
    for case in cases():
        found = convert(suite, case)
        if found is None:
            skipped.append(case["name"])
            continue
        assert not found.refused, [loss.what for loss in found.refused]
        loaded = policies.of_manifests([Manifest(item, "row.yaml", 1) for item in found.objects])
        assert loaded.policies and not loaded.problems, [problem.what for problem in loaded.problems]
        world = World(images=known[Path(case.get("trusted_root", "right.json")).stem].images(30))
        decision = deciding.whole(loaded.policies, request(pod(reference(registry, case))), world)
        case["said"] = decision.message
        seen = "accept" if decision.allowed else "refuse"
        tally.add(case["name"], case["expected"], "either" if case["expected"] == "either" else seen)
    assert len(skipped) == (3 if convert is controlled else 0), skipped
    tally.close(1.0)
