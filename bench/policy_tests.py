"""``python -m bench policy-test``: `assay policy test` beside Kyverno's CLI and gator, on the open suites of both.

The peers are measured where ``bench/.build/bin`` has them (``kubectl-kyverno``, ``gator``).
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tarfile
from pathlib import Path

import zstandard

from bench import inputs, measure

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from conformance.suite import folder

BUILD = inputs.BUILD / "policy-test"
ASSAY = str(Path(sys.executable).parent / "assay")


def commands() -> dict[str, dict[str, list[str]]]:
    """What is run, by suite and tool."""
    kyverno, library = str(BUILD / "kyverno"), str(folder("gatekeeper") / "library")
    peers = inputs.BUILD / "bin"
    return {
        "Kyverno": {
            "assay": [ASSAY, "policy", "test", kyverno],
            "kubectl-kyverno": [str(peers / "kubectl-kyverno"), "test", kyverno],
        },
        "Gatekeeper": {
            "assay": [ASSAY, "policy", "test", library],
            "gator": [str(peers / "gator"), "verify", f"{library}/..."],
        },
    }


def table(rounds: int) -> list[str]:
    """The figures as Markdown."""
    shutil.rmtree(BUILD, ignore_errors=True)
    unpack(BUILD / "kyverno")
    found = ["### policy-test", "", "| suite | tool | CPU s | wall s | peak MB |", "|---|---|---|---|---|"]
    for suite, tools in commands().items():
        runs: dict[str, list[measure.Run]] = {}
        for _ in range(rounds):
            for tool, command in tools.items():
                if Path(command[0]).exists():
                    runs.setdefault(tool, []).append(measure.run(command, timeout=300))
        found += [_row(suite, tool, done) for tool, done in runs.items()]
    return [*found, ""]


def unpack(place: Path) -> None:
    """The open half of Kyverno's suite, as files."""
    place.mkdir(parents=True)
    with (
        (folder("kyverno") / "tests.tar.zst").open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as data,
        tarfile.open(fileobj=data, mode="r|") as archive,
    ):
        archive.extractall(place, filter="data")


def _row(suite: str, tool: str, runs: list[measure.Run]) -> str:
    cpu, wall, memory = (statistics.median(getattr(run, of) for run in runs) for of in ("cpu", "wall", "memory"))
    return f"| {suite} | {tool} | {cpu:.2f} | {wall:.2f} | {memory / 1e6:.0f} |"
