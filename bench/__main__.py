"""``python -m bench [INPUT ...]``: build inputs and peers, run everything interleaved, write the tables.

``BENCH_ROUNDS`` (3) says how often; the median counts. The result goes to ``bench/.build/result.md`` and is printed.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import (
    admission,
    admission_memory,
    admission_pod_security,
    authority,
    compare,
    inputs,
    log,
    measure,
    policy_tests,
    scan,
    verify,
)

HERE = Path(__file__).parent
BUILD = inputs.BUILD
ASSAY = str(Path(sys.executable).parent / "assay")
PEERS = {"syft": BUILD / "bin" / "syft", "trivy": BUILD / "bin" / "trivy"}
ON_DISK = ("image", "image-no-jars", "million", "tree", "empty")
SERVICES: dict[str, Callable[[], list[str]]] = {
    "log": log.table,
    "ca": authority.table,
    "verify": verify.table,
    "admission": lambda: admission.table(3),
    "pod-security": lambda: admission_pod_security.table(3),
    "admission-memory": admission_memory.table,
    "policy-test": lambda: policy_tests.table(3),
}
INPUTS = (*ON_DISK, "scan", *SERVICES)


def commands(name: str) -> dict[str, list[str]]:
    """What is run on an input, by tool; every tool writes CycloneDX JSON to standard output."""
    target = str(BUILD / name)
    is_image = (BUILD / name / "oci-layout").exists()
    scratch = str(BUILD / "cache")
    found = {"assay": [ASSAY, "sbom", target, "-o", "cyclonedx-json", "--cache-dir", f"{scratch}/assay-$ROUND", "-q"]}
    if is_image:
        found["assay, again"] = list(found["assay"])
        found["floor"] = [sys.executable, "-m", "bench.floor", target]
    syft_source = f"oci-dir:{target}" if is_image else f"dir:{target}"
    found["syft"] = [str(PEERS["syft"]), "scan", syft_source, "-q", "-o", "cyclonedx-json"]
    trivy = [str(PEERS["trivy"]), "image" if is_image else "fs", "--quiet", "--offline-scan", "--skip-db-update"]
    trivy += ["--skip-java-db-update", "--cache-dir", f"{scratch}/trivy-$ROUND", "--format", "cyclonedx"]
    found["trivy"] = [*trivy, *(["--input", target] if is_image else [target])]
    return {tool: command for tool, command in found.items() if Path(command[0]).exists()}


def run_all(name: str, rounds: int) -> dict[str, list[measure.Run]]:
    """Interleaved runs of every tool on one input; the caches of a round are its own."""
    results: dict[str, list[measure.Run]] = {}
    for number in range(rounds):
        for tool, command in commands(name).items():
            words = [word.replace("$ROUND", f"{name}-{os.getpid()}-{number}") for word in command]
            run = measure.run(words, SYFT_CHECK_FOR_APP_UPDATE="false", TRIVY_DISABLE_TELEMETRY="true", PYTHONPATH=".")
            results.setdefault(tool, []).append(run)
            print(f"  {name} {number + 1}/{rounds} {tool}: {run.cpu:.1f} CPU-s, exit {run.code}", flush=True)
    return results


def table(name: str, results: dict[str, list[measure.Run]]) -> list[str]:
    """The result of one input as Markdown: medians, and the ratio of CPU to the floor (else to assay)."""
    base = "floor" if "floor" in results else "assay"
    unit = median(results[base], "cpu")
    lines = [f"### {name}", "", "| tool | CPU s | x " + base + " | wall s | peak MB | components | exit |"]
    lines.append("|---|---|---|---|---|---|---|")
    for tool, runs in results.items():
        cpu = median(runs, "cpu")
        count = str(len(found_by(runs[-1]))) if tool != "floor" else ""
        codes = ",".join(sorted({str(run.code) for run in runs}))
        memory = median(runs, "memory") / 1e6
        lines.append(
            f"| {tool} | {cpu:.2f} | {cpu / unit:.2f} | {median(runs, 'wall'):.2f} | {memory:.0f} | {count} | {codes} |"
        )
    ours = found_by(results["assay"][-1])
    for peer in PEERS:
        if peer in results and results[peer][-1].code == 0:
            theirs = found_by(results[peer][-1])
            lines += ["", f"{peer} finds {len(theirs)}, assay lacks {len(theirs - ours)} of them:"]
            lines += [f"- {kind}: {count}" for kind, count in sorted(compare.missed(ours, theirs).items())]
            write_list(f"{name}-{peer}-only.txt", theirs - ours)
            write_list(f"{name}-assay-not-{peer}.txt", ours - theirs)
    return [*lines, ""]


def write_list(name: str, items: set[str]) -> None:
    (BUILD / name).write_text("".join(f"{item}\n" for item in sorted(items)))


def found_by(run: measure.Run) -> set[str]:
    try:
        return compare.purls(run.output)
    except ValueError:
        return set()


def median(runs: Sequence[measure.Run], field: str) -> float:
    return float(statistics.median(getattr(run, field) for run in runs))


def of_input(name: str, rounds: int) -> list[str]:
    """The tables of one input, or of one of the services."""
    if name in SERVICES:
        return SERVICES[name]()
    return scan.table(rounds) if name == "scan" else table(name, run_all(name, rounds))


def main(names: Sequence[str]) -> None:
    names = names or INPUTS
    inputs.main([name for name in names if name != "scan" and name not in SERVICES])
    subprocess.run([str(HERE / "peers.sh")], check=False)
    rounds = int(os.environ.get("BENCH_ROUNDS", "3"))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    head = f"Measured {datetime.now(UTC):%Y-%m-%d} at commit {commit}, {machine}, {rounds} rounds interleaved, medians."
    lines = [head, ""]
    for name in names:
        lines += of_input(name, rounds)
        (BUILD / "result.md").write_text("\n".join(lines))
    print("\n".join(lines))


def named(words: Sequence[str]) -> list[str]:
    """The inputs that are named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure assay, its peers and the floor.")
    parser.add_argument(
        "input", nargs="*", metavar="INPUT", help=f"one of {', '.join(INPUTS)}; all of them without any"
    )
    found: list[str] = parser.parse_args(words).input
    for name in found:
        if name not in INPUTS:
            parser.error(f"there is no input {name}; there are {', '.join(INPUTS)}")
    return found


if __name__ == "__main__":
    main(named(sys.argv[1:]))
