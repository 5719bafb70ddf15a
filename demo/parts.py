"""What goes into the demo image. Each part fetches with the tool of its own world and is left out where it is absent.

`fetch_*` brings files into a downloads folder and may take a while; `place_*` unpacks them into a layer. Everything
but the Debian packages (those are whatever the machine's own apt has) is pinned by digest in the files of this folder.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
DEBIAN = ("base-files", "bash", "libc6", "libssl3", "openssl", "zlib1g", "libgcc-s1", "gcc-12-base", "ca-certificates")
_SITE = Path("usr/local/lib/python3.11/site-packages")


class LeftOutError(Exception):
    """A part that cannot be had here, and why."""


def _run(command: Sequence[str], timeout: float, **options: object) -> str:
    if shutil.which(command[0]) is None:
        raise LeftOutError(f"there is no {command[0]}")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, **options)  # type: ignore[call-overload]
    except subprocess.TimeoutExpired:
        raise LeftOutError(f"{command[0]} took longer than {timeout:g} s") from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise LeftOutError(f"{command[0]}: {last}")
    return str(done.stdout)


def _check(path: Path, sha256: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        path.unlink()
        raise LeftOutError(f"{path.name} has the digest {found}, not {sha256}")


def fetch_debian(downloads: Path, names: Sequence[str] = DEBIAN) -> None:
    """Debian packages by the machine's own apt, without root: with its lists, or with lists of our own."""
    if any(downloads.glob("*.deb")):
        return
    try:
        _run(["apt-get", "download", *names], 20, cwd=downloads)
    except LeftOutError:
        state = tempfile.mkdtemp()
        try:
            options = [f"Dir::State={state}", f"Dir::Cache={state}", "Debug::NoLocking=1", "APT::Sandbox::User="]
            own = [word for option in options for word in ("-o", option)]
            Path(state, "lists", "partial").mkdir(parents=True)
            Path(state, "archives", "partial").mkdir(parents=True)
            _run(["apt-get", *own, "update"], 20)
            for name in names:
                _run(["apt-get", *own, "download", name], 20, cwd=downloads)
        finally:
            shutil.rmtree(state, ignore_errors=True)


def place_debian(downloads: Path, layer: Path) -> None:
    """Unpacks the packages and writes the database that dpkg would have written."""
    info = layer / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    records = []
    for package in sorted(downloads.glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(layer)], 20)
        control = _run(["dpkg-deb", "-f", str(package)], 20)
        name = next(line[9:] for line in control.splitlines() if line.startswith("Package: "))
        records.append(control.replace("\n", "\nStatus: install ok installed\n", 1))
        _place_info(package, info, name, "Multi-Arch: same" in control)
    (layer / "var/lib/dpkg/status").write_text("\n".join(records), encoding="utf-8")


def _place_info(package: Path, info: Path, name: str, multi_arch: bool) -> None:
    architecture = package.stem.rpartition("_")[2]
    stem = f"{name}:{architecture}" if multi_arch else name
    with tempfile.TemporaryDirectory() as control:
        _run(["dpkg-deb", "-e", str(package), control], 20)
        sums = Path(control, "md5sums")
        if sums.exists():
            shutil.copyfile(sums, info / f"{stem}.md5sums")
    listed = _run(["dpkg-deb", "-c", str(package)], 20).splitlines()
    paths = [line.split(None, 5)[5].partition(" -> ")[0].removeprefix(".").rstrip("/") or "/." for line in listed]
    (info / f"{stem}.list").write_text("\n".join(paths) + "\n", encoding="utf-8")


def place_database(layer: Path) -> None:
    """Where there is no apt: a small database of our own."""
    (layer / "var/lib/dpkg").mkdir(parents=True)
    (layer / "etc").mkdir()
    shutil.copyfile(HERE / "debian/status", layer / "var/lib/dpkg/status")
    shutil.copyfile(HERE / "debian/os-release", layer / "etc/os-release")


def fetch_wheels(downloads: Path, pins: str) -> None:
    """Wheels by pip, each with a pinned digest."""
    if any(downloads.iterdir()):
        return
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--dest", str(downloads)]
    _run([sys.executable, "-m", "pip", "download", *options, "-r", str(HERE / pins)], 25)


def place_wheels(downloads: Path, layer: Path) -> None:
    """Unpacks wheels as an installer would, their scripts into usr/local/bin."""
    programs = layer / "usr/local/bin"
    programs.mkdir(parents=True, exist_ok=True)
    for wheel in sorted(downloads.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(layer / _SITE)
    for script in sorted((layer / _SITE).glob("*.data/scripts/*")):
        script.replace(programs / script.name)
        (programs / script.name).chmod(0o755)


def fetch_npm(downloads: Path) -> None:
    """Tarballs by npm, each with a pinned digest."""
    pins = json.loads((HERE / "npm.json").read_text(encoding="utf-8"))
    if not any(downloads.iterdir()):
        _run(["npm", "pack", "--silent", *(f"{pin['name']}@{pin['version']}" for pin in pins)], 25, cwd=downloads)
    for pin in pins:
        _check(downloads / f"{pin['name']}-{pin['version']}.tgz", pin["sha256"])


def place_npm(downloads: Path, layer: Path) -> None:
    """Unpacks tarballs into node_modules."""
    for pin in json.loads((HERE / "npm.json").read_text(encoding="utf-8")):
        target = layer / "srv/app/node_modules" / pin["name"]
        with tarfile.open(downloads / f"{pin['name']}-{pin['version']}.tgz") as archive:
            for member in archive.getmembers():
                member.name = member.name.partition("/")[2]
                archive.extract(member, target, filter="data")


def fetch_jars(downloads: Path) -> None:
    """Jars by Maven, each with a pinned digest."""
    if not any(downloads.iterdir()):
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={downloads}"]
        _run(["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), *goal], 25)
    for name, sha256 in json.loads((HERE / "jars.json").read_text(encoding="utf-8")).items():
        _check(downloads / name, sha256)


def place_jars(downloads: Path, layer: Path) -> None:
    """Puts jars side by side, and one of them into an application archive, where it is harder to find."""
    target = layer / "srv/app/lib"
    target.mkdir(parents=True)
    for jar in sorted(downloads.glob("*.jar")):
        if not jar.name.startswith("log4j-core"):
            shutil.copyfile(jar, target / jar.name)
    with zipfile.ZipFile(layer / "srv/app/shop.jar", "w") as archive:
        manifest = "Manifest-Version: 1.0\nImplementation-Title: shop\nImplementation-Version: 1.0.0\n\n"
        archive.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF"), manifest)
        for jar in sorted(downloads.glob("log4j-core*.jar")):
            member = zipfile.ZipInfo(f"BOOT-INF/lib/{jar.name}")
            archive.writestr(member, jar.read_bytes())


def settle_modes(layer: Path) -> None:
    """Modes that do not depend on the umask of whoever runs the demo."""
    for path in layer.rglob("*"):
        if path.is_symlink():
            continue
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)
