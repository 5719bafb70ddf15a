"""Tests of assay's own policies: ``kind: Suite`` (test.assay.dev/v1alpha1), run by `assay.app.policy_tests`.

Example: ``policies: [release.yaml]``, ``cases: [{name, object: pod.yaml, at: 2026-12-02, namespace: shop,
existing: true, verdict: fail, action: deny}]``. No registry is asked: what takes one is an error of the rule.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from assay.engines.policy import deciding
from assay.engines.policy.cel.fields import flag, objects, only, text, texts, wrong
from assay.engines.policy.creating import created
from assay.engines.policy.given_sightings import GivenSightings
from assay.engines.policy.native import loading
from assay.engines.policy.native.engine import NativePolicy
from assay.engines.policy.native.leniency import Leniency
from assay.engines.policy.shape import moment
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.formats import manifest
from assay.formats.manifest import Manifest
from assay.model.policy import GroupVersionKind, Object
from assay.model.policy_test import PolicyTestResult

GROUP = "test.assay.dev"
ENDINGS = (".yaml", ".yml", ".json")
_CASE = ("name", "object", "at", "namespace", "existing", "verdict", "action")
Reader = Callable[[str], bytes]


def takes(name: str, data: bytes) -> bool:
    """Whether a file, by its name and content, may be a suite."""
    return name.endswith(ENDINGS) and GROUP.encode() in data


def run(path: str, read: Reader) -> Iterator[PolicyTestResult]:
    """The results of every case in the file at `path`; raises `InputError` for one that cannot be read."""
    for item in manifest.read(read(path), path):
        kind = GroupVersionKind.of(item.object)
        if kind.group != GROUP:
            continue
        if (kind.version, kind.kind) != ("v1alpha1", "Suite"):
            wrong(item.place, f"{kind.version}, {kind.kind} of {GROUP} is not known; there is Suite of v1alpha1")
        yield from _suite(item, read)


def _suite(suite: Manifest, read: Reader) -> Iterator[PolicyTestResult]:
    only(suite.object, ("apiVersion", "kind", "metadata", "policies", "cases"), suite.place)
    folder = posixpath.dirname(suite.file)
    policies = _policies(texts(suite.object, "policies", suite.place), folder, read, suite.place)
    about: Any = suite.object.get("metadata")
    title = str(about.get("name") or "suite") if isinstance(about, dict) else "suite"
    cases = list(objects(suite.object, "cases", suite.place))
    if not cases:
        wrong(f"{suite.place}.cases", "there are none, so nothing is tested")
    for case, place in cases:
        fault = _fault(case, place, policies, folder, read)
        name = text(case, "name", place, default=text(case, "object", place))
        yield PolicyTestResult(suite.file, title, name, "fail" if fault else "pass", fault)


def _policies(names: tuple[str, ...], folder: str, read: Reader, place: str) -> list[NativePolicy]:
    """The policies of the files, with the exceptions beside them; raises `Malformed` for anything else of ours."""
    found = [item for name in names for item in manifest.read(read(posixpath.join(folder, name)), name)]
    ours = [(item, loading.checked(item)[0]) for item in found if loading.is_native(item.object)]
    if any(kind == "BreakGlass" for _, kind in ours):
        raise Malformed(f"{place}.policies: nobody says here who may break glass", "leave BreakGlass out of tests")
    leniency = Leniency([loading.exception(item) for item, kind in ours if kind == "AssayException"])
    policies = [NativePolicy(loading.policy(item), leniency) for item, kind in ours if kind == "AssayPolicy"]
    if not policies:
        wrong(f"{place}.policies", "no AssayPolicy is in these files")
    return policies


def _fault(case: Object, place: str, policies: list[NativePolicy], folder: str, read: Reader) -> str:
    """Why a case fails: the first object about which something else is decided; empty where it passes."""
    only(case, _CASE, place)
    wanted = {
        "verdict": text(case, "verdict", place, ("pass", "fail", "error")),
        "action": text(case, "action", place, ("allow", "warn", "deny")),
    }
    if not any(wanted.values()):
        wrong(place, "neither verdict nor action is expected")
    now = moment(case["at"], f"{place}.at") if "at" in case else datetime.now(UTC)
    world = World(now=lambda: now, sightings=GivenSightings(existing=flag(case, "existing", place, default=False)))
    name, namespace = text(case, "object", place), text(case, "namespace", place, default="default")
    found = manifest.read(read(posixpath.join(folder, name)), name) if name else []
    if not found:
        wrong(f"{place}.object", "there is no object in a file of this name")
    for item in found:
        decision = deciding.whole(policies, created(item.object, namespace), world)
        for field, value in wanted.items():
            if value and getattr(decision, field) != value:
                said = "; ".join(f"{one.policy} {one.rule}: {one.outcome} {one.message}" for one in decision.results)
                return f"{item.place}: {field} is {getattr(decision, field)}, wanted is {value} ({said or 'no policy'})"
    return ""
