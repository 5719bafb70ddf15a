"""``python -m bench admission``: the admission webhook under load, with images, several languages and a dead registry.

30 policies in four languages; each review is matched by at least 8, and its three images hang on three of them. 200
workloads, of which every request has another name. The signed images are cosign's (suite ``cosign``), in Debian's
registry on loopback.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from bench import inputs
from bench.measure import cpu, family, resident

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from conformance.suite import folder
from simulators import pushed_layout, real_registries
from simulators.running_admission import RunningAdmission, pod, running_admission

BUILD = inputs.BUILD / "admission"
IMAGES = ("old-key", "new-key", "new-signed-and-attested")
COLD = ("new-two-signatures", "both-forms-two-keys", "old-annotations")
WORKLOADS = 200
Object = dict[str, Any]


def policies(host: str) -> list[Object]:
    """The set: 12 of assay's own, 6 of policy-controller, 6 of Kubernetes and 6 of Gatekeeper's constraints."""
    key = (folder("cosign") / "keys" / "empty.pub").read_text()
    signer = {"release": {"keys": [key], "trust": {"ignoreLog": True}}}
    images = {"include": [f"{host}/**"]}
    found = [
        _own(f"signed-{number}", {"images": images, "signers": signer, "signedBy": ["release"]}) for number in (1, 2)
    ]
    found += [_own(f"registries-{number}", {"registries": [host]}) for number in range(2)]
    found += [_own("digests", {"digests": {"require": True}})]
    labelled = "has(object.metadata.labels.app)"
    found += [_own(f"labels-{number}", {"conditions": [{"expression": labelled}]}) for number in range(2)]
    found += [
        _own(f"elsewhere-{number}", {"registries": ["x.example"], "workloads": {"namespaces": ["other-*"]}})
        for number in range(5)
    ]
    who = {"name": "release", "key": {"data": key}}
    found += [_cip("signed", [{"glob": f"{host}/**"}], who)]
    found += [_cip(f"elsewhere-{number}", [{"glob": f"x{number}.example/**"}], who) for number in range(5)]
    found += [item for number in range(6) for item in _vap(number)]
    found += [_template()]
    found += [_constraint(number) for number in range(6)]
    return found


def _item(version: str, kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _own(name: str, spec: Object) -> Object:
    return _item("assay.dev/v1alpha1", "AssayPolicy", name, {**spec, "action": "enforce"})


def _cip(name: str, globs: list[Object], who: Object) -> Object:
    spec = {"images": globs, "authorities": [who]}
    return _item("policy.sigstore.dev/v1beta1", "ClusterImagePolicy", name, spec)


def _vap(number: int) -> Iterator[Object]:
    group = "admissionregistration.k8s.io/v1"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    matching = {"resourceRules": [rule if number < 3 else {**rule, "resources": ["services"]}]}
    validation = {"expression": f"object.spec.containers.all(c, c.name != 'forbidden-{number}')"}
    spec = {"matchConstraints": matching, "validations": [validation]}
    yield _item(group, "ValidatingAdmissionPolicy", f"vap-{number}", spec)
    binding = {"policyName": f"vap-{number}", "validationActions": ["Deny"]}
    yield _item(group, "ValidatingAdmissionPolicyBinding", f"vap-{number}", binding)


def _template() -> Object:
    rego = """package noevil
violation[{"msg": msg}] {
  container := input.review.object.spec.containers[_]
  startswith(container.image, input.parameters.prefix)
  msg := sprintf("%v is evil", [container.image])
}
"""
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"prefix": {"type": "string"}}}}
    crd = {"spec": {"names": {"kind": "NoEvil"}, "validation": schema}}
    spec = {"crd": crd, "targets": [{"target": "admission.k8s.gatekeeper.sh", "rego": rego}]}
    return _item("templates.gatekeeper.sh/v1", "ConstraintTemplate", "noevil", spec)


def _constraint(number: int) -> Object:
    kinds = [{"apiGroups": [""], "kinds": ["Pod" if number < 3 else "Service"]}]
    spec = {"match": {"kinds": kinds}, "parameters": {"prefix": f"evil{number}.example"}}
    return _item("constraints.gatekeeper.sh/v1beta1", "NoEvil", f"evil-{number}", spec)


def workloads(pinned: list[str]) -> list[Object]:
    """Pods with three images each."""
    return [pod(*pinned, name=f"app-{number}") for number in range(WORKLOADS)]


@contextmanager
def served(*flags: str | Path) -> Iterator[tuple[RunningAdmission, str, float]]:
    """The webhook with its policies before a registry; how many seconds it took to be ready."""
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    with real_registries.debian(BUILD) as host:
        for name in (*IMAGES, *COLD):
            pushed_layout.push(folder("cosign") / "images" / name, f"{host}/{name}")
        (BUILD / "policies.yaml").write_text("\n---\n".join(map(json.dumps, policies(host))))
        enforce = [
            word for engine in ("policy-controller", "kubernetes", "gatekeeper") for word in ("--enforce", engine)
        ]
        start = time.perf_counter()
        with running_admission(BUILD, "--policies", BUILD / "policies.yaml", *enforce, *flags) as found:
            yield found, host, time.perf_counter() - start


def _pinned(host: str, name: str) -> str:
    accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
    answer = requests.head(f"http://{host}/v2/{name}/manifests/v1", headers={"Accept": accept}, timeout=10)
    return f"{host}/{name}@{answer.headers['Docker-Content-Digest']}"


def load(url: str, folder: Path, rate: float, seconds: float, connections: int) -> Object:
    """One run of the load generator, in a process of its own; `folder` holds the server's data and the reviews."""
    words = [sys.executable, "-m", "bench.admission_load", url, str(folder / "data/admission/tls/ca.crt")]
    words += [str(folder / "reviews.jsonl"), str(rate), str(seconds), str(connections)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=seconds + 120)
    found: Object = json.loads(done.stdout)
    return found


def table(rounds: int) -> list[str]:
    """The figures as Markdown."""
    lines = ["### admission", ""]
    with served() as (server, host, ready):
        told = server.get("/metrics").text
        count = next(
            line.rpartition(" ")[2] for line in told.splitlines() if line.startswith("assay_admission_policies ")
        )
        server.review(pod(_pinned(host, IMAGES[0])))
        cold = []
        for name in COLD:
            image, start = _pinned(host, name), time.perf_counter()
            server.review(pod(image), timeout="30s")
            cold.append((time.perf_counter() - start) * 1000)
        pinned = [_pinned(host, name) for name in IMAGES]
        (BUILD / "reviews.jsonl").write_text("\n".join(map(json.dumps, workloads(pinned))))
        assert server.review(pod(*pinned))["allowed"], server.review(pod(*pinned))
        lines += [f"{count} policies; ready after {ready:.2f} s; an image seen first: {max(cold):.0f} ms at most", ""]
        lines += runs(server, BUILD, rounds)
    return lines


def runs(server: RunningAdmission, folder: Path, rounds: int) -> list[str]:
    """The table of a server under load, what a review costs it, and its memory."""
    lines = ["| run | answers | a second | p50 ms | p95 ms | p99 ms | denied | failed | CPU ms/review |"]
    lines.append("|---|---|---|---|---|---|---|---|---|")
    for number in range(rounds):
        for name, rate, seconds in (("100 a second", 100, 10), ("as fast as it can", 0, 5)):
            before = cpu(server.process.pid)
            found = load(server.url, folder, rate, seconds, 8)
            found["CPU"] = (cpu(server.process.pid) - before) / max(found["answers"], 1) * 1000
            lines.append(_row(f"{name}, {number + 1}", found))
    memory = sum(map(resident, family(server.process.pid)))
    return [*lines, "", f"Memory: {memory / 1e6:.0f} MB, worker processes included", ""]


def _row(name: str, found: Object) -> str:
    times = " | ".join(f"{found[part]:.1f}" for part in ("p50", "p95", "p99"))
    counts = f"{found['denied']} | {found['failed']} | {found['CPU']:.2f}"
    return f"| {name} | {found['answers']} | {found['a second']:.0f} | {times} | {counts} |"
