"""Gatekeeper's own gator: its verdicts on the library's suites, and its expansions, are ours.

Built once from its Go module.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assay.formats import manifest
from conformance import suite

pytestmark = pytest.mark.interop
BIN = Path(__file__).parents[2] / "bench/.build/bin"
GATOR = "github.com/open-policy-agent/gatekeeper/v3/cmd/gator@v3.23.1"
SAMPLES = Path(__file__).parents[1] / "engines/policy/gatekeeper_samples"


@pytest.fixture(scope="module")
def gator() -> str:
    program = BIN / "gator"
    if not program.exists():
        go = shutil.which("go") or pytest.skip("there is no go")
        subprocess.run([go, "install", GATOR], check=True, env={**os.environ, "GOBIN": str(BIN), "GOTOOLCHAIN": "auto"})
    return str(program)


def seconds(command: list[str], folder: Path) -> float:
    """The processor seconds that a command takes, which must end with 0."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=300)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_suites_pass_in_both_and_cost_at_most_twice_as_much(gator: str) -> None:
    folder = suite.folder("gatekeeper")
    theirs = seconds([gator, "verify", "./..."], folder)
    ours = seconds([sys.executable, "-m", "assay", "policy", "test", "."], folder)
    print(f"gator {theirs:.2f} s, assay {ours:.2f} s of processor time")
    assert ours <= 2 * theirs


def test_expansions_and_mutations_are_the_same(gator: str, tmp_path: Path) -> None:
    shutil.copy(SAMPLES / "expansion.yaml", tmp_path)
    done = subprocess.run([gator, "expand", f"--filename={tmp_path}"], check=True, capture_output=True, timeout=60)
    expected = manifest.read((SAMPLES / "expanded.yaml").read_bytes(), "expanded.yaml")
    assert [item.object for item in manifest.read(done.stdout, "gator")] == [item.object for item in expected]
