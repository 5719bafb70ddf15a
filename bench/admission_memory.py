"""``python -m bench admission-memory``: every policy of the suites loaded, and 10,000 digests asked for.

The server judges every recorded review twice, and then pods of 10,000 signed images, ten each; then its memory is read.
What the images' authority accepted is in its store before it starts (put there by a process of its own,
``python -m bench.admission_memory FOLDER``), so that no registry is asked.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from pathlib import Path

from assay.adapters import trust_roots
from assay.app.admission import Controller, Setting
from assay.app.image_evidence import Answer
from assay.app.proofs import NotingImages
from assay.errors import ExternalError
from assay.formats import admission_review
from assay.model.digest import Algorithm, Digest
from assay.model.image_policy import ImageSignature
from bench import inputs, policy_tests
from bench.admission import load
from bench.measure import cpu, family, resident

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from conformance.suite import folder, lines
from simulators.running_admission import RunningAdmission, pod, review, running_admission

BUILD = inputs.BUILD / "admission-memory"
DIGESTS, EACH, RATE, MOST = 10_000, 10, 10, 1200
PODS = DIGESTS // EACH
HOST = "registry.example"


def table() -> list[str]:
    """The figures as Markdown."""
    shutil.rmtree(BUILD, ignore_errors=True)
    policy_tests.unpack(BUILD / "policies")
    (BUILD / "signed.yaml").write_text(json.dumps(_policy()))
    subprocess.run([sys.executable, "-m", "bench.admission_memory", str(BUILD)], check=True, timeout=MOST)
    start = time.perf_counter()
    flags = ("--policies", BUILD / "policies" / "policies", "--policies", folder("gatekeeper") / "library")
    with running_admission(BUILD, *flags, "--policies", BUILD / "signed.yaml", most=MOST) as server:
        ready = time.perf_counter() - start
        told = [("policies", f"{_figure(server, 'policies'):.0f}"), ("start to ready", f"{ready:.2f} s")]
        told += [("memory when ready", _memory(server))]
        for _ in range(2):
            _ask(server)
        told += [("memory after all recorded reviews, twice", _memory(server))]
        (BUILD / "reviews.jsonl").write_text("\n".join(json.dumps(_pod(number)) for number in range(PODS)))
        answered = load(server.url, BUILD, RATE, PODS / RATE, 8)
        told += [(f"memory after {PODS} more, of {DIGESTS} signed images", _memory(server))]
        told += [("answers from the store, of that", f"{_figure(server, 'stored_total'):.0f}")]
        told += [("p99 of them", f"{answered['p99']:.0f} ms"), ("CPU-s", f"{cpu(server.process.pid):.0f}")]
    return ["### admission-memory", "", "| what | figure |", "|---|---|", *(f"| {a} | {b} |" for a, b in told), ""]


def _figure(server: RunningAdmission, name: str) -> float:
    mark = f"assay_admission_{name} "
    return float(next(line for line in server.get("/metrics").text.splitlines() if line.startswith(mark)).split()[1])


def _memory(server: RunningAdmission) -> str:
    return f"{sum(map(resident, family(server.process.pid))) / 1e6:.0f} MB"


def _ask(server: RunningAdmission) -> None:
    recorded = folder("admission-reviews")
    for row in lines(recorded / "index.jsonl"):
        data = (recorded / row["file"]).read_bytes()
        if "request" in json.loads(data):
            server.send("/validate", data, "2s")


def _policy() -> dict[str, object]:
    key = (folder("cosign") / "keys" / "empty.pub").read_text()
    signer = {"release": {"keys": [key], "trust": {"ignoreLog": True}}}
    spec = {"images": {"include": [f"{HOST}/**"]}, "signers": signer, "signedBy": ["release"], "action": "enforce"}
    return {"apiVersion": "assay.dev/v1alpha1", "kind": "AssayPolicy", "metadata": {"name": "signed"}, "spec": spec}


def _digest(number: int) -> Digest:
    return Digest(Algorithm.SHA256, hashlib.sha256(str(number).encode()).hexdigest())


def _pod(number: int) -> dict[str, object]:
    images = range(number * EACH, (number + 1) * EACH)
    return pod(*(f"{HOST}/app@{_digest(image)}" for image in images), name=f"app-{number}")


class _Asked(NotingImages):
    """Images that keep the question that a policy has instead of asking a registry."""

    question: Hashable = None

    def ask(self, key: Hashable, ask: Callable[[], Answer], host: str) -> Answer:
        self.question = key
        raise ExternalError("nobody is asked")


def _fill(place: Path) -> None:
    """Keep a signature of each image as the answer to the question that the policy has of it."""
    root = trust_roots.public_good(place / "data").root
    controller = Controller(Setting((place / "signed.yaml",), place / "data" / "admission", lambda: root))
    controller.load()
    (policy,) = controller.policies
    for number in range(DIGESTS):
        images = _Asked(controller.registries, None, None, controller.proofs)
        policy.validate(admission_review.request(_review(number)), controller.world(images))
        controller.store.put(images.question, (_signature(_digest(number)),))
    controller.close()


def _review(number: int) -> dict[str, object]:
    return review(pod(f"{HOST}/app@{_digest(number)}"))


def _signature(image: Digest) -> ImageSignature:
    payload = {
        "critical": {"image": {"docker-manifest-digest": str(image)}, "type": "cosign container image signature"}
    }
    return ImageSignature(image, "release@org.example", "https://issuer.example", datetime.now(UTC), payload)


if __name__ == "__main__":
    _fill(Path(sys.argv[1]))
