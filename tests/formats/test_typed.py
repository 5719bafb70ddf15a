"""Types learned by several threads at once: each run is a process, because a fault would end it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys, threading
from assay.engines.catalog import findings
from assay.engines.catalog.layer import FileFinding, LayerFindings
from assay.formats import typed
from assay.model.component import Component
from assay.model.ecosystem import Found
from assay.model.sbom import Layer

found = LayerFindings(tuple(FileFinding("a", "b", Found((Component("x", "1"),))) for _ in range(300)))
data, seen, together = findings.encode(found), [], threading.Barrier(4)

def read(number):
    together.wait()
    for _ in range(3):
        seen.append(findings.decode(data) == found)
        seen.append(typed.convert({"position": number, "digest": "x"}, Layer).position == number)

sys.setswitchinterval(1e-5)
threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(seen.count(True))
"""


def test_threads_may_meet_the_same_types_at_once() -> None:
    """Without the lock two of five runs crash."""
    for _ in range(12):
        done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "24\n", "")
