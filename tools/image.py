"""``make image``: a container image of assay from scratch, as an OCI layout, listed, scanned and signed by assay.

Two layers: a Python of Debian packages (`deploy/image/packages.txt`, by the machine's own apt, without root), and the
pinned wheels with assay. No shell, no package manager, no root: the user is 65532. The same packages and wheels give
the same bytes. ``IMAGE_KEY`` names the private key (``COSIGN_PASSWORD``); without one a key is made for the occasion.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from demo import layout, parts

ROOT = Path(__file__).parent.parent
HERE = ROOT / "deploy/image"
BUILD = ROOT / "deploy/.build"
EXTRAS = ("core", "fast", "server", "sign", "policy", "postgres", "telemetry", "template")
PYTHON = "python3.11"
USER = 65532
SITE = Path(f"usr/local/lib/{PYTHON}/dist-packages")
PIP = (sys.executable, "-m", "pip")
PINNED = ("--quiet", "--only-binary=:all:", "--require-hashes", "--no-deps")
LEFT_OUT = ("bin", "*/tests", "*/test", "*/__pycache__")
RUNS = {
    "User": f"{USER}:{USER}",
    "Env": [
        "PATH=/usr/local/bin:/usr/bin",
        "LANG=C.UTF-8",
        "PYTHONDONTWRITEBYTECODE=1",
        "ASSAY_DATA_DIR=/var/lib/assay",
        "ASSAY_CACHE_DIR=/var/cache/assay",
    ],
    "Entrypoint": ["/usr/local/bin/assay"],
    "WorkingDir": "/",
}


def main() -> int:
    """Builds the image and lets assay look at it; with --fetch, only downloads what it is made of."""
    parser = argparse.ArgumentParser(prog="python -m tools.image", description=__doc__.partition("\n")[0])
    parser.add_argument("--fetch", action="store_true", help="download, so that a later build needs no network")
    if parser.parse_args().fetch:
        fetch(BUILD / "downloads")
        return 0
    image = build(BUILD)
    print(f"{image}: {sum(path.stat().st_size for path in image.rglob('*') if path.is_file()) / 1e6:.0f} MB")
    return look(image)


def fetch(downloads: Path) -> None:
    """Packages by apt, and by pip the wheels that the lock files name, each once."""
    if sys.version_info[:2] != (3, 11):
        raise parts.LeftOutError("the image has Python 3.11, and its wheels are chosen by the Python that builds it")
    for name in ("debian", "wheels"):
        (downloads / name).mkdir(parents=True, exist_ok=True)
    names = [line for line in (HERE / "packages.txt").read_text().split("\n") if line and line[0] != "#"]
    parts.fetch_debian((downloads / "debian").resolve(), names)
    stamp, wanted = downloads / "wheels.locks", _locked()
    if not stamp.exists() or stamp.read_text() != wanted:
        _run([*PIP, "download", *PINNED, "--dest", str(downloads / "wheels"), *_locks()])
        stamp.write_text(wanted)


def build(folder: Path, downloads: Path = BUILD / "downloads") -> Path:
    """The layout `folder`/image; what was downloaded stays, so that a second build needs no network."""
    fetch(downloads)
    layers = folder / "layers"
    for path in (layers, folder / "image"):
        shutil.rmtree(path, ignore_errors=True)
    base, application = layers / "base", layers / "application"
    place_base(downloads / "debian", base)
    place_application(downloads / "wheels", application)
    for layer in (base, application):
        parts.settle_modes(layer)
    trees = [layout.Tree(base, "ADD debian /"), layout.Tree(application, "COPY assay /")]
    layout.write(folder / "image", trees, "assay:latest", RUNS)
    return folder / "image"


def place_base(downloads: Path, layer: Path) -> None:
    """The Debian packages, the certificates in one file, and the user."""
    parts.place_debian(downloads, layer)
    for folder in ("usr/share/doc", "usr/share/man", "usr/share/lintian"):
        for path in (layer / folder).rglob("*"):
            if path.name != "copyright" and not path.is_dir():
                path.unlink()
    authorities = sorted((layer / "usr/share/ca-certificates").rglob("*.crt"))
    (layer / "etc/ssl/certs/ca-certificates.crt").write_bytes(b"".join(path.read_bytes() for path in authorities))
    (layer / "etc/passwd").write_text(f"assay:x:{USER}:{USER}:assay:/:/sbin/nologin\n")
    (layer / "etc/group").write_text(f"assay:x:{USER}:\n")
    _compile(layer, layer / f"usr/lib/{PYTHON}")


def place_application(downloads: Path, layer: Path) -> None:
    """The wheels, each with its pinned digest, and assay."""
    site = layer / SITE
    offline = ["--no-index", "--find-links", str(downloads), "--no-compile", "--target", str(site)]
    _run([*PIP, "install", *PINNED, *offline, *_locks()])
    for pattern in LEFT_OUT:
        for path in site.glob(pattern):
            shutil.rmtree(path)
    shutil.rmtree(ROOT / "build", ignore_errors=True)  # setuptools would take along what an elder build left there
    own = ["--quiet", "--no-deps", "--no-build-isolation", "--no-compile"]
    _run([*PIP, "install", *own, "--upgrade", "--target", str(site), str(ROOT)])
    shutil.rmtree(ROOT / "build", ignore_errors=True)
    shutil.rmtree(site / "bin")
    for path in site.glob("assay-*.dist-info/direct_url.json"):
        path.unlink()  # names the folder that this was built in
    program = layer / "usr/local/bin/assay"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/usr/bin/{PYTHON}\nfrom assay.__main__ import program\nprogram()\n")
    program.chmod(0o755)
    for name in ("lib", "cache"):
        (layer / f"var/{name}/assay").mkdir(parents=True)
    _compile(layer, site)


def _locks() -> list[str]:
    return [word for name in EXTRAS for word in ("-r", str(ROOT / f"requirements/{name}.txt"))]


def _locked() -> str:
    """What the lock files say, as one digest: other pins want other wheels."""
    return hashlib.sha256(b"".join(Path(name).read_bytes() for name in _locks()[1::2])).hexdigest()


def _compile(layer: Path, folder: Path) -> None:
    """Bytecode, for the container's root is read-only: without times, folders of this machine, and chance in sets."""
    options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(layer), "-p", "/", "-j", "1"]
    subprocess.run(
        [sys.executable, "-m", "compileall", *options, str(folder)],
        check=False,  # some packages bring files that are no Python of this version, as templates
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )


def look(image: Path) -> int:
    """SBOM, scan, signature and attestations, as a user would make them; they hang on the image in the layout."""
    key, environment = _key(), os.environ | {"ASSAY_DATA_DIR": str(BUILD / "data")}
    environment.setdefault("COSIGN_PASSWORD", "")
    assay, target = str(Path(sys.executable).parent / "assay"), f"oci-dir:{image}"
    if not Path(key).exists():
        _run([assay, "key", "generate", "--output-key-prefix", key.removesuffix(".key")], environment)
    local = ["--key", key, "--tlog-upload=false", "--quiet"]
    for command in (
        ["sbom", target, "--source-name", "assay", "-q", "-o", f"cyclonedx-json={BUILD / 'assay.cdx.json'}"],
        ["scan", target, "--no-update", "-o", "table", "-o", f"json={BUILD / 'assay.findings.json'}"],
        ["sign", target, *local],
        ["attest", target, "--sbom", "--scan", *local],
    ):
        _run([assay, *command], environment)
    print(f"signed with {key}; beside it: assay.cdx.json, assay.findings.json")
    return 0


def _key() -> str:
    return os.environ.get("IMAGE_KEY") or str(BUILD / "image.key")


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} ended with {done.returncode}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except parts.LeftOutError as reason:
        sys.exit(f"the image cannot be built here: {reason}")
