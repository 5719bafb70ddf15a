"""``python -m bench admission-memory``: every policy of the suites loaded, and 10,000 digests in the store.

The server judges every recorded review twice before its memory is read. What the digests take is measured in a process
of its own (``python -m bench.admission_memory FOLDER``), which keeps a signature of each and reads them all again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from assay.adapters import admission_store
from assay.adapters.admission_store.verdicts import VerdictStore
from assay.model.digest import Algorithm, Digest
from assay.model.image_policy import ImageSignature
from bench import inputs, policy_tests
from bench.measure import family, resident

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from conformance.suite import folder, lines
from simulators.running_admission import RunningAdmission, running_admission

BUILD = inputs.BUILD / "admission-memory"
DIGESTS = 10_000
MARK = "assay_admission_policies "


def table() -> list[str]:
    """The figures as Markdown."""
    shutil.rmtree(BUILD, ignore_errors=True)
    policy_tests.unpack(BUILD / "policies")
    start = time.perf_counter()
    flags = ("--policies", BUILD / "policies" / "policies", "--policies", folder("gatekeeper") / "library")
    with running_admission(BUILD, *flags) as server:
        ready = time.perf_counter() - start
        count = next(line for line in server.get("/metrics").text.splitlines() if line.startswith(MARK))
        first = _memory(server)
        for _ in range(2):
            _ask(server)
        later = _memory(server)
    held = int(subprocess.run(_COMMAND, check=True, capture_output=True, text=True, timeout=300).stdout)
    lines = ["### admission-memory", "", "| what | figure |", "|---|---|", f"| policies | {count.removeprefix(MARK)} |"]
    lines += [f"| start to ready | {ready:.2f} s |", f"| memory when ready | {first / 1e6:.0f} MB |"]
    lines += [f"| memory after all recorded reviews, twice | {later / 1e6:.0f} MB |"]
    return [*lines, f"| {DIGESTS} digests in the store, more | {held / 1e6:.0f} MB |", ""]


_COMMAND = (sys.executable, "-m", "bench.admission_memory", str(BUILD))


def _memory(server: RunningAdmission) -> int:
    return sum(map(resident, family(server.process.pid)))


def _ask(server: RunningAdmission) -> None:
    recorded = folder("admission-reviews")
    for row in lines(recorded / "index.jsonl"):
        data = (recorded / row["file"]).read_bytes()
        if "request" in json.loads(data):
            server.send("/validate", data, "2s")


def _digests(place: Path) -> int:
    """What the store of that many signed digests adds to the memory of a process, in bytes."""
    place.mkdir(parents=True, exist_ok=True)
    store = VerdictStore(admission_store.opened(place))
    _keep(store, 0)
    before = _now()
    for number in range(DIGESTS):
        _keep(store, number)
    found = [store.get(_question(number)) for number in range(DIGESTS)]
    assert all(found)
    return _now() - before


def _keep(store: VerdictStore, number: int) -> None:
    image = Digest(Algorithm.SHA256, hashlib.sha256(str(number).encode()).hexdigest())
    payload = {
        "critical": {"image": {"docker-manifest-digest": str(image)}, "type": "cosign container image signature"}
    }
    signed = ImageSignature(image, "release@org.example", "https://issuer.example", datetime.now(UTC), payload)
    store.put(_question(number), (signed,))


def _question(number: int) -> tuple[str, str, str]:
    return "signatures", "registry.example/app", str(number)


def _now() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024


if __name__ == "__main__":
    print(_digests(Path(sys.argv[1]) / "store"))
