"""The real input of the benchmark, built once under bench/.build: it takes a while and some gigabytes.

- ``image``: a Debian root with Python, Node, Java, Ruby and Go, and a layer with pip and npm packages and jars;
- ``image-no-jars``: the same without the jars, because Trivy needs a database for those;
- ``million``: an image of a million small files;
- ``tree``: a source tree of about 50,000 files with lock files;
- ``empty``: an empty directory.

Debian packages are whatever the machine's own apt has, so figures are comparable within a run only.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import IO, Any

from isal import igzip

HERE = Path(__file__).parent
BUILD = HERE / ".build"

DEBIAN = """
    bash coreutils dpkg apt python3-full python3-pip python3-scipy python3-matplotlib python3-django nodejs
    npm default-jdk-headless maven ruby-full ruby-rails golang-go build-essential libboost-dev
    linux-headers-amd64 openssl curl git nginx redis-server postgresql php-cli composer perl busybox cmake
    qtbase5-dev
""".split()  # noqa: SIM905 (a list of ninety quoted words is no table)
WHEELS = """
    django==4.2.1 flask==2.2.2 requests==2.28.1 numpy==1.26.4 pandas==2.2.2 boto3==1.34.0 sqlalchemy==2.0.20
    celery==5.3.1 fastapi==0.100.0 pillow==9.5.0 cryptography==41.0.1 lxml==5.2.0 scikit-learn==1.4.0
    jupyterlab==4.0.0
""".split()  # noqa: SIM905 (a list of ninety quoted words is no table)
NPM = """
    express@4.18.2 next@13.4.1 webpack@5.80.0 typescript@5.0.4 @angular/cli@16.0.0 react-scripts@5.0.1
    eslint@8.40.0 jest@29.5.0 lodash@4.17.20 @babel/preset-env@7.21.5 firebase@9.21.0 gatsby@5.9.0
""".split()  # noqa: SIM905 (a list of ninety quoted words is no table)
JARS = """
    org.apache.logging.log4j:log4j-core:2.14.1 org.springframework:spring-webmvc:5.3.18
    org.hibernate:hibernate-core:5.6.0.Final org.apache.kafka:kafka-clients:3.0.0
    com.fasterxml.jackson.core:jackson-databind:2.13.0 org.apache.hadoop:hadoop-client:3.3.1
    org.elasticsearch:elasticsearch:7.16.1 io.netty:netty-all:4.1.70.Final
    org.apache.spark:spark-core_2.12:3.2.0
""".split()  # noqa: SIM905 (a list of ninety quoted words is no table)


def main(names: Collection[str]) -> None:
    """Build what is missing of these."""
    for name, build in BUILDERS.items():
        if name in names and not (BUILD / name).exists():
            print(f"building {name} ...", flush=True)
            build(BUILD / name)


def build_image(target: Path) -> None:
    """The large image, and the same without its jars."""
    parts = BUILD / "parts"
    base = debian_layer(parts)
    app = app_folder(parts)
    no_jars = parts / "app-no-jars.tar"
    with_jars = parts / "app.tar"
    pack(app, no_jars, lambda path: not path.startswith("opt/jars"))
    pack(app, with_jars, lambda path: True)
    write_layout(BUILD / "image-no-jars", [base, no_jars])
    write_layout(target, [base, with_jars])


def debian_layer(parts: Path) -> Path:
    """A tar of a Debian root: the packages' own tars one after the other, then the database."""
    done = parts / "debian.tar"
    if done.exists():
        return done
    packages = download_debian(parts / "debs")
    partial = parts / "debian.part"
    status, info = [], {}
    with partial.open("wb") as layer:
        for package in packages:
            record, files = add_package(package, layer)
            status.append(record)
            info.update(files)
        info["var/lib/dpkg/status"] = "\n".join(status).encode()
        with tarfile.open(fileobj=layer, mode="w") as archive:
            for path, data in sorted(info.items()):
                member = tarfile.TarInfo(path)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    partial.rename(done)
    return done


def download_debian(folder: Path) -> list[Path]:
    """The packages and all that they need, by the machine's own apt, without root."""
    archives = folder / "archives"
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    options = [
        f"Dir::State::status={folder / 'status'}",
        f"Dir::Cache={folder}",
        f"Dir::Cache::archives={archives}",
        "Debug::NoLocking=1",
        "APT::Sandbox::User=",
        "APT::Install-Recommends=false",
    ]
    command = ["apt-get", *(word for option in options for word in ("-o", option))]
    subprocess.run([*command, "install", "--download-only", "--yes", *DEBIAN], check=True, stdout=subprocess.DEVNULL)
    return sorted(archives.glob("*.deb"))


def add_package(package: Path, layer: IO[bytes]) -> tuple[str, dict[str, bytes]]:
    """Append the files of a package to the layer; gives its record and its files for the dpkg database."""
    control = subprocess.run(["dpkg-deb", "-f", package], check=True, capture_output=True, text=True).stdout
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = archive.getmembers()
    names = [member.name.removeprefix(".").rstrip("/") or "/." for member in members]
    last = members[-1]
    layer.write(data[: last.offset_data + (last.size + 511 & -512 if last.isreg() else 0)])
    fields = dict(line.split(": ", 1) for line in control.splitlines() if ": " in line and line[0] != " ")
    name = fields["Package"]
    stem = f"{name}:{fields['Architecture']}" if fields.get("Multi-Arch") == "same" else name
    record = control.replace("\n", "\nStatus: install ok installed\n", 1)
    return record, {f"var/lib/dpkg/info/{stem}.list": ("\n".join(names) + "\n").encode()}


def app_folder(parts: Path) -> Path:
    """pip and npm packages and jars, as an application layer holds them."""
    app = parts / "app"
    site = app / "opt/venv/lib/python3.11/site-packages"
    if not site.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--only-binary=:all:"]
        subprocess.run([*pip, "--target", str(site), *WHEELS], check=True)
    service = app / "srv/service"
    if not (service / "node_modules").exists():
        service.mkdir(parents=True, exist_ok=True)
        (service / "package.json").write_text('{"name": "service", "version": "1.0.0"}')
        npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps", "--silent"]
        subprocess.run([*npm, *NPM], cwd=service, check=True)
    jars = app / "opt/jars"
    if not jars.exists():
        _fetch_jars(jars)
    return app


def _fetch_jars(folder: Path) -> None:
    """Jars with all that they need, by Maven."""
    work = folder.parent / "pom"
    work.mkdir(parents=True, exist_ok=True)
    needs = "".join(
        f"<dependency><groupId>{g}</groupId><artifactId>{a}</artifactId><version>{v}</version></dependency>"
        for g, a, v in (name.split(":") for name in JARS)
    )
    (work / "pom.xml").write_text(
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        f"<groupId>bench</groupId><artifactId>bench</artifactId><version>1</version><dependencies>{needs}</dependencies>"
        "</project>"
    )
    copy = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    subprocess.run(copy, cwd=work, check=True)
    shutil.rmtree(work)


def pack(folder: Path, target: Path, wanted: Callable[[str], bool]) -> None:
    """A tar of a folder, in sorted order."""
    if target.exists():
        return

    def choose(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        member.uid = member.gid = member.mtime = 0
        return member if wanted(member.name) else None

    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, path.name, filter=choose)


def write_layout(target: Path, tars: list[Path]) -> None:
    """An OCI layout of gzip layers."""
    partial = target.with_name(f"{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    blobs = partial / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    layers, diff_ids = [], []
    for tar in tars:
        descriptor, diff_id = _compress(tar, blobs)
        layers.append(descriptor)
        diff_ids.append(diff_id)
    config = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created_by": tar.stem} for tar in tars],
    }
    kind = "application/vnd.oci.image."
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{kind}manifest.v1+json",
        "config": _put(config, f"{kind}config.v1+json", blobs),
        "layers": layers,
    }
    index = {"schemaVersion": 2, "manifests": [_put(manifest, f"{kind}manifest.v1+json", blobs)]}
    (partial / "index.json").write_text(json.dumps(index))
    (partial / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    partial.rename(target)


def _put(document: dict[str, Any], media_type: str, blobs: Path) -> dict[str, Any]:
    data = json.dumps(document).encode()
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def _compress(tar: Path, blobs: Path) -> tuple[dict[str, Any], str]:
    inner = hashlib.sha256()
    partial = blobs / "partial"
    sink = igzip.IGzipFile(partial, "wb", compresslevel=2)  # type: ignore[no-untyped-call]
    with tar.open("rb") as source, sink:
        while piece := source.read(1 << 20):
            inner.update(piece)
            sink.write(piece)  # type: ignore[no-untyped-call]
    with partial.open("rb") as stored:
        digest = hashlib.file_digest(stored, "sha256").hexdigest()
    partial.rename(blobs / digest)
    size = (blobs / digest).stat().st_size
    kind = "application/vnd.oci.image.layer.v1.tar+gzip"
    return {"mediaType": kind, "digest": f"sha256:{digest}", "size": size}, f"sha256:{inner.hexdigest()}"


def build_million(target: Path) -> None:
    """A million files of some bytes in a thousand folders."""
    tar = BUILD / "parts" / "million.tar"
    tar.parent.mkdir(parents=True, exist_ok=True)
    with tar.open("wb") as file:
        for number in range(1000):
            for block in _small_files(number):
                file.write(block)
        file.write(bytes(1024))
    write_layout(target, [tar])
    tar.unlink()


def _small_files(folder: int) -> Iterator[bytes]:
    for number in range(1000):
        member = tarfile.TarInfo(f"srv/data/{folder:04}/record-{number:04}.dat")
        member.size = 20
        yield member.tobuf(tarfile.USTAR_FORMAT) + f"{folder:08}-{number:010}\n".encode().ljust(512, b"\0")


def build_tree(target: Path) -> None:
    """A source tree: the Go standard library, an npm project with what it installed, Python sources, lock files."""
    app = app_folder(BUILD / "parts")
    partial = target.with_name("tree.part")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(app / "srv/service", partial / "service", symlinks=True)
    root = subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    shutil.copytree(Path(root, "src"), partial / "go", symlinks=True)
    shutil.copytree(app / "opt/venv", partial / "python", symlinks=True)
    for path in list(partial.rglob("*")):
        if path.suffix in (".so", ".map") and path.is_file():
            path.unlink()
    count = sum(len(files) for _, _, files in os.walk(partial))
    print(f"  {count} files")
    partial.rename(target)


BUILDERS: dict[str, Callable[[Path], None]] = {
    "image": build_image,
    "million": build_million,
    "tree": build_tree,
    "empty": lambda target: target.mkdir(parents=True),
}

if __name__ == "__main__":
    main(tuple(BUILDERS))
