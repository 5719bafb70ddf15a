"""``python -m bench verify``: `assay verify` beside cosign on the same keyless bundles of a fresh instance.

All in one run. Cold: a process for one file, with no network. Many: all files in one call of assay, and a call of
cosign for each.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from contextlib import chdir
from pathlib import Path

import requests

from assay.engines.verify import Artifact, Options, verify
from assay.engines.verify.identities import Match, Policy, Wanted
from assay.formats import sigstore_bundle, trusted_root
from bench import inputs, measure
from bench.log import ours

BUILD = inputs.BUILD
COSIGN = BUILD / "bin" / "cosign"
ASSAY = str(Path(sys.executable).parent / "assay")
EMAIL = "you@org.example"
FOLDER = BUILD / "verify"


def signed(count: int) -> str:
    """Files with their bundles beside them, and the trusted root; the address of the instance, which is gone."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    names = [f"file-{number:04}" for number in range(count)]
    for name in names:
        (FOLDER / name).write_bytes(name.encode() * 100)
    with ours(FOLDER, "--client-files", str(FOLDER)) as server:
        config = ["--trust-config", "trust_config.json"]
        for start in range(0, count, 250):
            token = requests.post(f"{server.url}/oauth2/dev-token", {"email": EMAIL}, timeout=20).text
            words = [ASSAY, "-q", "sign", *names[start : start + 250], *config, "--identity-token", token]
            subprocess.run(words, check=True, cwd=FOLDER)
        return server.url


def commands(issuer: str, name: str = "file-0000") -> dict[str, list[str]]:
    """What verifies one file, by tool."""
    file, root = str(FOLDER / name), str(FOLDER / "trusted_root.json")
    who = ["--trusted-root", root, "--certificate-identity", EMAIL, "--certificate-oidc-issuer", issuer]
    found = {"assay": [ASSAY, "--offline", "verify", file, *who]}
    if COSIGN.exists():
        found["cosign"] = [str(COSIGN), "verify-blob", file, "--bundle", f"{file}.sigstore.json", *who]
    return found


def cold(issuer: str, rounds: int) -> list[str]:
    """One file in a process of its own, interleaved."""
    runs: dict[str, list[measure.Run]] = {}
    for _ in range(rounds):
        for tool, command in commands(issuer).items():
            runs.setdefault(tool, []).append(measure.run(command, 60))
    lines = ["| one file, cold | wall ms | CPU ms | peak MB | exit |", "|---|---|---|---|---|"]
    for tool, found in runs.items():
        wall, cpu = (1000 * statistics.median(getattr(run, name) for run in found) for name in ("wall", "cpu"))
        memory, codes = max(run.memory for run in found) / 1e6, {run.code for run in found}
        lines.append(f"| {tool} | {wall:.0f} | {cpu:.0f} | {memory:.0f} | {', '.join(map(str, sorted(codes)))} |")
    if len(runs) == 2:
        pairs = zip(runs["assay"], runs["cosign"], strict=True)
        ratio = statistics.median(one.wall / other.wall for one, other in pairs)
        lines += ["", f"Cold, assay takes {ratio:.2f} times the wall time of cosign (median of {rounds} pairs)."]
    return [*lines, ""]


def inside(issuer: str, times: int) -> str:
    """Milliseconds a bundle in a process that is there already: read, verified, judged."""
    root = trusted_root.read((FOLDER / "trusted_root.json").read_bytes())
    options = Options(root=root, policy=Policy((Wanted(Match(EMAIL), Match(issuer), ()),)))
    found = []
    for number in range(times):
        file = FOLDER / f"file-{number:04}"
        data, artifact = Path(f"{file}.sigstore.json").read_bytes(), file.read_bytes()
        start = time.perf_counter()
        verify(sigstore_bundle.read(data), Artifact(artifact), options)
        found.append(1000 * (time.perf_counter() - start))
    return f"In process: {statistics.median(found):.2f} ms a bundle (median of {times})."


def many(issuer: str, count: int) -> list[str]:
    """All files: one call of assay, a call of cosign for each."""
    command = commands(issuer)["assay"]
    place = command.index(str(FOLDER / "file-0000"))
    files = [str(FOLDER / f"file-{number:04}") for number in range(count)]
    run = measure.run([*command[:place], *files, *command[place + 1 :]], 600)
    cores = run.cpu / run.wall
    lines = [f"{count:,} files in one call of assay: {run.wall:.1f} s, {cores:.1f} cores busy, exit {run.code}."]
    if COSIGN.exists():
        start = time.monotonic()
        for file in files:
            subprocess.run(commands(issuer, Path(file).name)["cosign"], check=True, capture_output=True)
        took = time.monotonic() - start
        lines.append(f"{count:,} calls of cosign: {took:.1f} s, {took / run.wall:.1f} times as long.")
    return lines


def table() -> list[str]:
    """All of it."""
    count = int(os.environ.get("BENCH_BUNDLES", "1000"))
    issuer = signed(count)
    rounds = 5 * int(os.environ.get("BENCH_ROUNDS", "3"))
    lines = ["### Verification", ""]
    with chdir("/"):  # where no settings of a project lie above
        lines += [*cold(issuer, rounds), inside(issuer, min(count, 200)), "", *many(issuer, count), ""]
    print("\n".join(lines), flush=True)
    shutil.rmtree(FOLDER)
    return lines
