"""What a fuzz run says, and its line in the log."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

_HEAD = """\
# Fuzz log

Every line is one harness of one run of `make fuzz`: how long, how many inputs, from how many seeds, and what came out.

| date | commit | harness | seconds | executions | seeds | engine | result |
|---|---|---|---|---|---|---|---|
"""

_EXECUTED = re.compile(r"number_of_executed_units: (\d+)")


class Outcome(NamedTuple):
    """How a harness fared."""

    name: str
    seconds: float
    executions: int
    seeds: int
    engine: str
    result: str

    @property
    def crashed(self) -> bool:
        """Whether it found a bug (or could not run)."""
        return self.result != "clean"

    @property
    def line(self) -> str:
        """For people."""
        return f"{self.name:<24} {self.executions:>10} executions  {self.engine:<8} {self.result}"

    @classmethod
    def read(cls, name: str, seconds: float, out: str, err: str, code: int) -> Outcome:
        """From what the process of `fuzz.loop` printed."""
        found = [line for line in out.splitlines() if line.startswith('{"engine"')]
        counts = json.loads(found[-1]) if found else {}
        guided = _EXECUTED.search(err)
        executions = int(guided[1]) if guided else counts.get("executions", 0)
        result = "clean" if code == 0 and counts else _reason(err, code)
        return cls(name, seconds, executions, counts.get("seeds", 0), counts.get("engine", "?"), result)


def _reason(err: str, code: int) -> str:
    """How the process ended, and the last line that names an error: Python's, else that of the fuzzing engine.

    The statistics of the engine come last whatever happened, and say nothing about it.
    """
    told = [line for line in err.splitlines() if line.strip() and not line.startswith("stat::")]
    named = [line for line in told if "Error" in line or "Exception" in line] or [
        line for line in told if "ERROR" in line or "SUMMARY" in line or "libFuzzer:" in line or "Fatal" in line
    ]
    ended = f"ended by signal {-code}" if code < 0 else f"exit {code}"
    return f"{ended}: {' '.join(named[-1].split())}"[:160] if named else ended


def log(path: Path, now: datetime, outcomes: Sequence[Outcome]) -> None:
    """Adds the lines of a run to the log."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    lines = [
        f"| {now:%Y-%m-%d} | {commit.stdout.strip() or '-'} | {one.name} | {one.seconds:g} | {one.executions}"
        f" | {one.seeds} | {one.engine} | {one.result.replace('|', '/')} |\n"
        for one in outcomes
    ]
    text = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    path.write_text(text + "".join(lines), encoding="utf-8")
