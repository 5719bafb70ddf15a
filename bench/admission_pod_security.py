"""``python -m bench pod-security``: Kyverno's classic pod-security policies, all Enforce, under load.

Policies and reviews are those of the suites: ``policies/pod-security/{baseline,restricted}/*/*.yaml``, and what a real
API server sent about Pods and workloads (not about their status), with new names, labels and uids in every request.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

from assay.errors import Malformed
from assay.formats import manifest
from bench import admission, inputs

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from conformance.suite import folder, lines
from simulators.running_admission import running_admission

BUILD = inputs.BUILD / "pod-security"
WORKLOADS = ("Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "ReplicationController")
_POLICY = re.compile(r"policies/pod-security/(?:baseline|restricted)/[^/]+/[^/]+\.yaml")
Object = dict[str, Any]


def policies() -> list[Object]:
    """The ClusterPolicies, each with every rule in force."""
    return [_enforced(item) for name, item in objects() if _POLICY.fullmatch(name) and item["kind"] == "ClusterPolicy"]


def objects() -> Iterator[tuple[str, Object]]:
    """Every object in the suite's files that can be read, with the name of its file."""
    with (folder("kyverno") / "tests.tar.zst").open("rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith((".yaml", ".yml")) else None
            if content is not None:
                yield from ((member.name, item.object) for item in _read(content.read(), member.name))


def _read(data: bytes, name: str) -> list[manifest.Manifest]:
    try:
        return manifest.read(data, name)
    except Malformed:
        return []


def _enforced(policy: Object) -> Object:
    rules = [_in_force(rule) for rule in policy["spec"]["rules"]]
    return {**policy, "spec": {**policy["spec"], "validationFailureAction": "Enforce", "rules": rules}}


def _in_force(rule: Object) -> Object:
    return {**rule, "validate": {**rule["validate"], "failureAction": "Enforce"}} if "validate" in rule else rule


def reviews() -> list[Object]:
    """The recorded reviews of Pods and workloads themselves."""
    recorded = folder("admission-reviews")
    rows = [row for row in lines(recorded / "index.jsonl") if Path(row["file"]).name.startswith("real-")]
    found = [json.loads((recorded / row["file"]).read_bytes()) for row in rows]
    return [item for item in found if _is_wanted(item["request"])]


def _is_wanted(request: Object) -> bool:
    return request["kind"]["kind"] in WORKLOADS and bool(request.get("object")) and not request.get("subResource")


def table(rounds: int) -> list[str]:
    """The figures as Markdown."""
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    wanted, asked = policies(), reviews()
    (BUILD / "policies.yaml").write_text("\n---\n".join(map(json.dumps, wanted)))
    (BUILD / "reviews.jsonl").write_text("\n".join(map(json.dumps, asked)))
    start = time.perf_counter()
    with running_admission(BUILD, "--policies", BUILD / "policies.yaml", "--enforce", "kyverno") as server:
        ready = time.perf_counter() - start
        told = f"{len(wanted)} policies, {len(asked)} recorded reviews; ready after {ready:.2f} s"
        return ["### pod-security", "", told, "", *admission.runs(server, BUILD, rounds)]
