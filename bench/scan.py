"""``python -m bench scan``: a scan of 3,000 components against advisory data of others, beside osv-scanner on the same.

The data is ``advisories`` of the directory that ``ASSAY_SUITES`` names. osv-scanner reads the records in OSV's form out
of the archives it would fetch (``osv-scalibr/ECOSYSTEM/all.zip``); assay is measured with a store of exactly these, and
with the store of all the data. pip-audit asks a service for each package, and the databases of Trivy and Grype are in
no package registry: none of them can be run honestly without a network.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import zstandard

from bench import measure
from bench.inputs import BUILD

ASSAY = str(Path(sys.executable).parent / "assay")
PEER = BUILD / "bin" / "osv-scanner"
HERE = BUILD / "scan"
COMPONENTS = 3000
_TYPES = {
    "PyPI": "pypi", "Go": "golang", "crates.io": "cargo", "RubyGems": "gem", "Packagist": "composer", "npm": "npm",
    "Maven": "maven", "Hex": "hex", "NuGet": "nuget",
}  # fmt: skip
_PARTED = frozenset(("npm", "Packagist", "Go"))

Verdicts = dict[tuple[str, str, str], set[str]]


def data() -> Path:
    """The advisory data of others."""
    return Path(os.environ.get("ASSAY_SUITES", "../shared/data")).resolve() / "advisories"


def records() -> Iterator[tuple[str, dict[str, Any]]]:
    """All records in OSV's form, with the file that has them."""
    for line in (data() / "index.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if "OSV" in entry.get("form", ""):
            with (data() / entry["file"]).open("rb") as file:
                text = zstandard.ZstdDecompressor().stream_reader(file).read()
            for record in text.splitlines():
                yield entry["file"], json.loads(record)


def prepare() -> None:
    """The archives for osv-scanner, the folder of the same files for assay, and the SBOM."""
    shutil.rmtree(HERE, ignore_errors=True)
    (HERE / "osv").mkdir(parents=True)
    by_ecosystem: dict[str, dict[str, Any]] = defaultdict(dict)
    versions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file, record in records():
        if not (HERE / "osv" / file).exists():
            shutil.copyfile(data() / file, HERE / "osv" / file)
        for affected in record.get("affected", ()):
            package = affected.get("package") or {}
            name = package.get("ecosystem", "").partition(":")[0]
            if not name:
                continue
            by_ecosystem[name][record["id"]] = record
            if name in _TYPES and package.get("name"):
                found = versions[name, package["name"]]
                found.update(_bounds(affected), (affected.get("versions") or ())[:1])
    shutil.copyfile(data() / "index.jsonl", HERE / "osv" / "index.jsonl")
    for name, items in by_ecosystem.items():
        _archive(name, items)
    _archive("GIT", {})
    (HERE / "components.cdx.json").write_text(json.dumps(_sbom(versions)))
    (HERE / "usual.cdx.json").write_text(json.dumps(_sbom(versions, harmless=0.9)))


def _bounds(affected: dict[str, Any]) -> Iterator[str]:
    for item in affected.get("ranges", ()):
        if item.get("type") != "GIT":
            yield from (version for event in item.get("events", ()) for version in event.values() if version != "0")


def _archive(ecosystem: str, items: dict[str, Any]) -> None:
    folder = HERE / "peer" / "osv-scalibr" / ecosystem
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, item in items.items():
            archive.writestr(f"{name}.json", json.dumps(item))


def _sbom(versions: dict[tuple[str, str], set[str]], harmless: float = 0.0) -> dict[str, Any]:
    """Packages of the records, each in one of the versions that a record names: the hard case, nearly all affected.

    The share `harmless` of them gets names that no record has.
    """
    chance = random.Random(3000)
    known = sorted(key for key, found in versions.items() if found)
    components = []
    for ecosystem, name in chance.sample(known, min(COMPONENTS, len(known))):
        version = chance.choice(sorted(versions[ecosystem, name]))
        version = f"v{version}" if ecosystem == "Go" and not version.startswith("v") else version
        name += "-harmless" if chance.random() < harmless else ""
        group, short = "", name
        if ecosystem == "Maven":
            group, _, short = name.partition(":")
        elif ecosystem in _PARTED and "/" in name:
            group, _, short = name.rpartition("/")
        path = "/".join(quote(part, safe="") for part in [*(group.split("/") if group else ()), short])
        purl = f"pkg:{_TYPES[ecosystem]}/{path}@{quote(version, safe='')}"
        item = {"type": "library", "name": short, "version": version, "purl": purl, "bom-ref": purl}
        components.append({**item, "group": group} if group else item)
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}


def table(rounds: int) -> list[str]:
    """The result as Markdown; a sentence where the data is not there."""
    if not data().is_dir():
        return ["### scan", "", f"left out: there is no {data().name} beside the project (ASSAY_SUITES)", ""]
    prepare()
    imports = [_import(str(data()), "all", number) for number in range(rounds)]
    _import(str(HERE / "osv"), "osv", 0)
    sbom, usual = str(HERE / "components.cdx.json"), str(HERE / "usual.cdx.json")
    commands = {
        "assay, all data, a tenth affected": (
            [ASSAY, "scan", usual, "-q", "--no-update", "-o", "json"],
            _environment("all"),
        ),
        "assay, all data": ([ASSAY, "scan", sbom, "-q", "--no-update", "-o", "json"], _environment("all")),
        "assay, the peer's data": ([ASSAY, "scan", sbom, "-q", "--no-update", "-o", "json"], _environment("osv")),
    }
    if PEER.exists():
        peer = [str(PEER), "scan", "source", "-L", sbom, "--offline", "--format", "json"]
        commands["osv-scanner"] = (peer, {"OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY": str(HERE / "peer")})
    runs: dict[str, list[measure.Run]] = defaultdict(list)
    for _ in range(rounds):
        for tool, (words, environment) in commands.items():
            runs[tool].append(measure.run(words, 600, **environment))
    lines = [f"### scan of {COMPONENTS} components", "", "| tool | CPU s | wall s | peak MB | findings | exit |"]
    lines.append("|---|---|---|---|---|---|")
    lines += [_row(tool, items) for tool, items in runs.items()]
    cpu = statistics.median(run.cpu for run in imports)
    lines += ["", f"The store of all the data is built in {cpu:.1f} CPU-s ({imports[0].memory / 1e6:.0f} MB).", ""]
    lines += _folder(rounds)
    if "osv-scanner" in runs:
        lines += _agreement(runs["assay, the peer's data"][-1].output, runs["osv-scanner"][-1].output)
    return lines


def _folder(rounds: int) -> list[str]:
    """What judging the source tree costs beside listing it."""
    tree = BUILD / "tree"
    if not tree.is_dir():
        return []
    costs: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for words in (["sbom", "-o", "cyclonedx-json"], ["scan", "--no-update", "-o", "json"]):
            run = measure.run([ASSAY, words[0], str(tree), "-q", *words[1:]], 600, **_environment("all"))
            costs[words[0]].append(run.cpu)
    listed, judged = (statistics.median(costs[name]) for name in ("sbom", "scan"))
    return [f"The source tree: SBOM {listed:.2f} CPU-s, scan {judged:.2f} CPU-s ({judged / listed:.2f} times).", ""]


def _environment(name: str) -> dict[str, str]:
    return {
        "ASSAY_DATA_DIR": str(HERE / f"data-{name}"),
        "ASSAY_CACHE_DIR": str(HERE / "cache"),
        "ASSAY_DB_STARTER": "false",
    }


def _import(source: str, name: str, number: int) -> measure.Run:
    shutil.rmtree(HERE / f"data-{name}", ignore_errors=True)
    run = measure.run([ASSAY, "db", "import", "-q", source], 600, **_environment(name))
    print(f"  import {name} {number + 1}: {run.cpu:.1f} CPU-s, exit {run.code}", flush=True)
    return run


def _row(tool: str, runs: list[measure.Run]) -> str:
    def median(field: str) -> float:
        return float(statistics.median(getattr(run, field) for run in runs))

    count = sum(map(len, _verdicts(runs[-1].output).values()))
    codes = ",".join(sorted({str(run.code) for run in runs}))
    return f"| {tool} | {median('cpu'):.2f} | {median('wall'):.2f} | {median('memory') / 1e6:.0f} | {count} | {codes} |"


def _verdicts(output: bytes) -> Verdicts:
    """The advisories by ecosystem, name and version, written alike for both tools."""
    document, found = json.loads(output), Verdicts()
    for result in document.get("results", ()):
        for item in result["packages"]:
            package = item["package"]
            key = _key(package["ecosystem"], package["name"], package["version"])
            found.setdefault(key, set()).update(one["id"] for one in item.get("vulnerabilities", ()))
    for finding in document.get("findings", ()):
        for match in finding["matches"]:
            key = _key(match["ecosystem"], match["package"], match["version"])
            found.setdefault(key, set()).add(match["advisory"])
    return found


def _key(ecosystem: str, name: str, version: str) -> tuple[str, str, str]:
    """osv-scanner leaves out groups and scopes."""
    return ecosystem, name.lower().rpartition(":")[2].rpartition("/")[2], version.removeprefix("v")


def _agreement(ours: bytes, theirs: bytes) -> list[str]:
    one, other = _verdicts(ours), _verdicts(theirs)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    differences = []
    for key in sorted(one.keys() | other.keys()):
        mine, peer = one.get(key, set()), other.get(key, set())
        counts[key[0]].update(both=len(mine & peer), assay=len(mine - peer), peer=len(peer - mine))
        differences += [f"assay only: {' '.join(key)} {name}" for name in sorted(mine - peer)]
        differences += [f"osv-scanner only: {' '.join(key)} {name}" for name in sorted(peer - mine)]
    (BUILD / "scan-differences.txt").write_text("".join(f"{line}\n" for line in differences))
    lines = ["| ecosystem | both say so | assay only | osv-scanner only |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {item['both']} | {item['assay']} | {item['peer']} |" for name, item in sorted(counts.items())
    ]
    return [*lines, ""]
