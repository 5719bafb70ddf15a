"""Large buffers are given back to the system, also after larger ones were."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_SCRIPT = """
import gc, sys
from assay.adapters import allocation
if sys.argv[1] == "fixed":
    allocation.give_back()
def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
first = b"x" * (30 << 20)
del first  # from now on glibc takes buffers of up to 30 MiB out of the heap
before = resident()
held = []
for _ in range(4):
    large = b"x" * (20 << 20)
    held.append(b"y" * (1 << 20))  # what stays lies behind it
    del large
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the bound is one of glibc")
def test_what_stays_does_not_keep_large_buffers() -> None:
    def grown(mode: str) -> int:
        run = subprocess.run([sys.executable, "-c", _SCRIPT, mode], check=True, capture_output=True, text=True)
        return int(run.stdout)

    assert grown("fixed") < 8_000 < 12_000 < grown("as it is")
