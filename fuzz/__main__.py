"""Runs the fuzz harnesses: ``python -m fuzz [--seconds 60] [--jobs 2] [NAME ...]``.

A harness is a file ``fuzz/fuzz_NAME.py`` with ``run(data: bytes) -> None``, which raises only when it found a bug,
and ``SEEDS``, inputs to start from. Each runs in a process of its own for its time; `atheris` guides it by coverage
where that is installed, else inputs are mutated blindly. What crashed is kept in ``fuzz/.corpus/NAME`` and ends the
run with 1; put it into the harness's tests. Each run adds a line to ``fuzz/LOG.md``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from fuzz.report import Outcome, log

FOLDER = Path(__file__).parent
_GRACE = 120


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the harnesses and returns 1 if one of them found something."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("FUZZ_SECONDS", "60")))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--no-log", action="store_true", help="do not write fuzz/LOG.md")
    parser.add_argument("names", metavar="NAME", nargs="*")
    arguments = parser.parse_args(argv)
    names = arguments.names or sorted(path.stem[5:] for path in FOLDER.glob("fuzz_*.py"))
    with ThreadPoolExecutor(arguments.jobs) as pool:
        outcomes = list(pool.map(lambda name: _one(name, arguments.seconds), names))
    if not arguments.no_log:
        log(FOLDER / "LOG.md", datetime.now(UTC), outcomes)
    return int(any(outcome.crashed for outcome in outcomes))


def _one(name: str, seconds: float) -> Outcome:
    command = [sys.executable, "-m", "fuzz.loop", name, str(seconds)]
    limit = seconds + _GRACE
    try:
        done = subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        return Outcome(name, seconds, 0, 0, "?", f"did not end within {limit:g} s")
    outcome = Outcome.read(name, seconds, done.stdout, done.stderr, done.returncode)
    print(outcome.line, flush=True)
    if outcome.crashed:
        print(f"exit {done.returncode}\n{done.stderr[-4000:]}", file=sys.stderr, flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
