"""``make demo``: a container image of two layers, its SBOM and findings, signed, verified, and held to a policy.

Takes under 30 seconds for the image, and needs no root and no container engine. What cannot be had on this machine is
left out, with a word.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from demo import admission, layout, parts, signing

BUILD = Path("demo/.build")
FETCH: dict[str, Callable[[Path], None]] = {
    "debian": parts.fetch_debian,
    "wheels": lambda downloads: parts.fetch_wheels(downloads, "wheels.txt"),
    "programs": lambda downloads: parts.fetch_wheels(downloads, "programs.txt"),
    "npm": parts.fetch_npm,
    "jars": parts.fetch_jars,
}
PLACE: dict[str, Callable[[Path, Path], None]] = {
    "debian": parts.place_debian,
    "wheels": parts.place_wheels,
    "programs": parts.place_wheels,
    "npm": parts.place_npm,
    "jars": parts.place_jars,
}


def main() -> int:
    """Builds the image; without --image-only, runs assay on it."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__.partition("\n")[0])
    parser.add_argument("--image-only", action="store_true", help="build the image and stop")
    arguments = parser.parse_args()
    os.chdir(Path(__file__).parent.parent)
    start = time.monotonic()
    image = build(BUILD)
    print(f"{image}: a container image of two layers, made in {time.monotonic() - start:.0f} s")
    return 0 if arguments.image_only else run_assay(image)


def build(folder: Path) -> Path:
    """Fetches all parts at once, unpacks them, and writes the image; returns its path."""
    with ThreadPoolExecutor(len(FETCH)) as pool:
        had = dict(zip(FETCH, pool.map(lambda name: fetch(name, folder / "downloads" / name), FETCH), strict=True))
    shutil.rmtree(folder / "layers", ignore_errors=True)
    shutil.rmtree(folder / "image", ignore_errors=True)
    base, application = folder / "layers/base", folder / "layers/application"
    for layer in (base, application):
        layer.mkdir(parents=True)
    for name, there in had.items():
        if there:
            PLACE[name](folder / "downloads" / name, base if name == "debian" else application)
    if not had["debian"]:
        parts.place_database(base)
    parts.settle_modes(base)
    parts.settle_modes(application)
    trees = [layout.Tree(base, "ADD debian /"), layout.Tree(application, "COPY application /")]
    layout.write(folder / "image", trees, "demo:1")
    return folder / "image"


def fetch(name: str, downloads: Path) -> bool:
    """Whether the part can be had."""
    downloads.mkdir(parents=True, exist_ok=True)
    try:
        FETCH[name](downloads.resolve())
    except parts.LeftOutError as reason:
        shutil.rmtree(downloads)
        print(f"left out: {name} ({reason})")
        return False
    return True


def run_assay(image: Path) -> int:
    """The main job, as a user would ask for it."""
    outputs = {"cyclonedx-json": "sbom.cdx.json", "spdx-json": "sbom.spdx.json", "html": "sbom.html"}
    command = ["assay", "sbom", str(image), "--source-name", "demo", "-o", "table"]
    command += [word for name, file in outputs.items() for word in ("-o", f"{name}={BUILD / file}")]
    scan = ["assay", "scan", str(BUILD / "sbom.cdx.json"), "-o", "table", "--no-update"]
    scan += ["-o", f"html={BUILD / 'findings.html'}", "-o", f"json={BUILD / 'findings.json'}"]
    code = run(command) or run(scan)
    documents = [BUILD / "sbom.cdx.json", BUILD / "findings.json"]
    code = code or signing.show(image, documents, BUILD, run) or admission.show(BUILD, run)
    if code == 0:
        written = [*outputs.values(), "findings.html", "findings.json"]
        print("\nAlso written: " + ", ".join(str(BUILD / file) for file in written))
        print(f"Look at {BUILD / 'sbom.html'} and {BUILD / 'findings.html'} in a browser; they need nothing else.")
    return code


def run(command: list[str]) -> int:
    """Runs assay as a user would, with the advisory data inside the package alone."""
    print("\n$ " + " ".join(command), flush=True)
    own = os.environ | {"ASSAY_DATA_DIR": str(BUILD / "data"), "ASSAY_CACHE_DIR": str(BUILD / "cache")}
    return subprocess.run([str(Path(sys.executable).parent / "assay"), *command[1:]], check=False, env=own).returncode


if __name__ == "__main__":
    sys.exit(main())
