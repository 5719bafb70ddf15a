"""Every harness runs its own seeds; the driver finds bugs, and logs what it did."""

from __future__ import annotations

import importlib
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fuzz import loop
from fuzz.report import Outcome, log

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "fuzz").glob("fuzz_*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_harness_runs_its_seeds_and_some_mutants(name: str) -> None:
    module = importlib.import_module(f"fuzz.{name}")
    assert module.SEEDS
    chance = random.Random(1)
    for seed in module.SEEDS:
        assert isinstance(seed, bytes)
        module.run(seed)
        module.run(seed[: len(seed) // 2])
        module.run(loop.mutate(seed, chance, module.SEEDS)[:4096])


def test_mutants_differ_and_stay_bounded() -> None:
    chance = random.Random(0)
    mutants = {loop.mutate(b"seed", chance, [b"seed", b"x" * 100_000]) for _ in range(300)}
    assert len(mutants) > 200
    assert max(map(len, mutants)) <= loop.MAX_BYTES


def test_a_crash_is_kept_and_raised(tmp_path: Path) -> None:
    def run(data: bytes) -> None:
        if b"!" in data:
            raise ValueError("found")

    guard = loop.Guard(run, tmp_path)
    guard(b"fine")
    with pytest.raises(ValueError, match="found"):
        guard(b"bad!")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"bad!"]


def test_the_driver_runs_a_harness_and_says_how_it_went() -> None:
    command = [sys.executable, "-m", "fuzz", "--seconds", "0.2", "--no-log", NAMES[0].removeprefix("fuzz_")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert " executions " in done.stdout, done.stderr


def test_the_log_has_a_line_per_harness(tmp_path: Path) -> None:
    clean = Outcome.read("a", 60, '{"engine": "blind", "seeds": 2, "executions": 10}\n', "", 0)
    guided = Outcome.read(
        "b", 60, '{"engine": "atheris", "seeds": 2, "executions": 1}\n', "number_of_executed_units: 99", 0
    )
    crashed = Outcome.read("c", 60, "", "Traceback\nValueError: a|b\n", 1)
    assert [one.crashed for one in (clean, guided, crashed)] == [False, False, True]
    log(tmp_path / "LOG.md", datetime(2026, 1, 2, tzinfo=UTC), [clean, guided])
    log(tmp_path / "LOG.md", datetime(2026, 1, 3, tzinfo=UTC), [crashed])
    lines = (tmp_path / "LOG.md").read_text(encoding="utf-8").splitlines()[-3:]
    assert lines[0].startswith("| 2026-01-02 |")
    assert lines[0].endswith("| a | 60 | 10 | 2 | blind | clean |")
    assert "| b | 60 | 99 | 2 | atheris | clean |" in lines[1]
    assert lines[2].endswith("| c | 60 | 0 | 0 | ? | exit 1: ValueError: a/b |")


def test_the_statistics_of_the_engine_are_no_result() -> None:
    """They come last, whatever ended the process."""
    counts, stats = '{"engine": "atheris", "seeds": 1, "executions": 1}\n', "stat::peak_rss_mb:  62\n"
    killed = Outcome.read("d", 60, counts, stats, -11)
    slow = Outcome.read("e", 60, counts, f"==1== ERROR: libFuzzer: timeout after 1200 seconds\n{stats}", 70)
    assert killed.result == "ended by signal 11"
    assert slow.result == "exit 70: ==1== ERROR: libFuzzer: timeout after 1200 seconds"
