"""RPM: the sample is built and installed by rpm itself; what rpm lists is the expectation."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import struct
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.rpm import archive, assembly, database, manifest, package
from assay.ecosystems.rpm.header import Header
from assay.errors import AssayError, Malformed
from assay.model.ecosystem import File, Found, Located
from assay.model.sbom import Distribution

ROOT = Path(__file__).parents[2]
ARCHIVE = ROOT / "src/assay/ecosystems/rpm/fixtures/archive/input/greet-1.2-3.noarch.rpm"
SPEC = """\
Name: greet
Epoch: 1
Version: 1.2
Release: 3
Summary: greeting sample
License: MIT and GPLv2+
Vendor: Sample
BuildArch: noarch
Requires: greet-data >= 1, /usr/share/greet/voice
Requires: (greet-extra or other-greeting)
%description
A sample.
%package data
Summary: its data
Provides: other-greeting = 2
%description data
Data.
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/share/greet
echo a > %{buildroot}/usr/bin/greet
echo b > %{buildroot}/usr/share/greet/voice
%files
/usr/bin/greet
%files data
/usr/share/greet
"""
QUERY = "%{NAME}|%{VERSION}-%{RELEASE}|%{EPOCH}|%{ARCH}|%{SIGMD5}\\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root folder of a system in which rpm has installed our sample."""
    if shutil.which("rpmbuild") is None:
        pytest.skip("needs rpmbuild (make system)")
    folder = tmp_path_factory.mktemp("rpm")
    (folder / "greet.spec").write_text(SPEC)
    run("rpmbuild", "-bb", "--define", f"_topdir {folder}", str(folder / "greet.spec"))
    packages = sorted(str(path) for path in (folder / "RPMS").rglob("*.rpm"))
    root = folder / "root"
    run("rpm", *rpm_options(root), "--nosignature", "--noscripts", "--justdb", "--nodeps", "-i", *packages)
    return root


def rpm_options(root: Path) -> Sequence[str]:
    return "--dbpath", str(root / "var/lib/rpm"), "--define", "_db_backend sqlite"


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def listed(root: Path) -> list[str]:
    return sorted(run("rpm", *rpm_options(root), "-qa", "--queryformat", QUERY).split())


def shown(found: Found) -> list[str]:
    return sorted(
        f"{item.name}|{item.version}|{item.purl.qualifier('epoch')}|{item.purl.qualifier('arch')}|"
        f"{item.digests[0].value}"
        for item in found.components
        if item.purl is not None
    )


@pytest.mark.system
def test_the_sqlite_database_of_rpm(installed: Path) -> None:
    path = "var/lib/rpm/rpmdb.sqlite"
    found = database.parse_sqlite(File(path, (installed / path).read_bytes()))
    assert shown(found) == listed(installed)
    assert found.edges == (("rpm:greet-1:1.2-3.noarch", "rpm:greet-data-1:1.2-3.noarch"),)
    files = {item.owner: item.paths for item in found.owns}
    assert files["rpm:greet-1:1.2-3.noarch"] == b"usr/bin/greet"
    assert files["rpm:greet-data-1:1.2-3.noarch"].split() == [b"usr/share/greet", b"usr/share/greet/voice"]


@pytest.mark.system
def test_what_rpm_has_left_in_its_log(installed: Path, tmp_path: Path) -> None:
    """A reader keeps rpm from moving its log into the database; both are copied as they lie there then."""
    root, copy = tmp_path / "root", tmp_path / "copy"
    shutil.copytree(installed, root)
    folder = root / "var/lib/rpm"
    command = ["rpm", *rpm_options(root), "--nodeps", "--justdb", "-e", "greet"]
    with contextlib.closing(sqlite3.connect(folder / "rpmdb.sqlite")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM Packages").fetchall()
        with subprocess.Popen(command) as erasing:
            wait_for_rows(folder / "rpmdb.sqlite", 1)
            shutil.copytree(folder, copy)
            reader.close()  # rpm waits for it, some seconds at most
        assert erasing.returncode == 0
    (copy / "rpmdb.sqlite-shm").unlink(missing_ok=True)
    alone, log = (copy / "rpmdb.sqlite").read_bytes(), (copy / "rpmdb.sqlite-wal").read_bytes()
    path = "var/lib/rpm/rpmdb.sqlite"
    assert shown(database.parse_sqlite(File(path, alone))) == listed(installed)
    assert shown(database.parse_sqlite(File(path, alone, log=log))) == listed(root)
    assert len(listed(root)) == 1


def wait_for_rows(path: Path, number: int) -> None:
    """Until others see so many packages in the database, for a minute at most."""
    for _ in range(1200):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as other:
            if other.execute("SELECT count(*) FROM Packages").fetchone() == (number,):
                return
        time.sleep(0.05)
    raise AssertionError(f"not {number} packages in time")


@pytest.mark.system
def test_headers_of_rpm_in_an_ndb_database(installed: Path) -> None:
    """Debian's rpm writes no ndb: its headers are put into that container by hand."""
    with sqlite3.connect(installed / "var/lib/rpm/rpmdb.sqlite") as connection:
        blobs = [row[0] for row in connection.execute("SELECT blob FROM Packages")]
    found = database.parse_ndb(File("usr/lib/sysimage/rpm/Packages.db", ndb(blobs)))
    assert shown(found) == listed(installed)
    assert found.root == ""


def ndb(blobs: Sequence[bytes]) -> bytes:
    """Headers laid out as rpm/lib/backend/ndb/rpmpkg.c does: slots, then blobs on blocks of 16 bytes."""
    slots = [struct.pack("<4sIII", b"RpmP", 0, 1, 1), struct.pack("<IIII", len(blobs) + 1, 0, 0, 0)]
    body = b""
    for number, blob in enumerate(blobs, 1):
        head = struct.pack("<4sIII", b"BlbS", number, 1, len(blob))
        whole = head + blob + bytes(-(len(head) + len(blob) + 12) % 16) + struct.pack("<II4s", 0, len(blob), b"BlbE")
        slots.append(struct.pack("<4sIII", b"Slot", number, (4096 + len(body)) // 16, len(whole) // 16))
        body += whole
    table = b"".join(slots)
    return table + b"Slot".ljust(16, b"\0") * ((4096 - len(table)) // 16) + body


def test_requirements_are_alternatives_and_leave_rpmlib_out() -> None:
    header = Header(packed({1049: [b"rpmlib(X)", b"(a or (b and c))", b"libc.so.6()(64bit)", b"(d if e)"]}))
    assert package.requirements(header) == [(b"a", b"b"), (b"libc.so.6()(64bit)",), (b"d",)]


def packed(strings: dict[int, list[bytes]]) -> bytes:
    index, data = b"", b""
    for tag, values in strings.items():
        index += struct.pack(">IIII", tag, 8, len(data), len(values))
        data += b"".join(value + b"\0" for value in values)
    return struct.pack(">II", len(strings), len(data)) + index + data


def test_the_distribution_completes_the_purl() -> None:
    found = archive.parse(File("a.rpm", ARCHIVE.read_bytes()))
    done = assembly.assemble([Located("a.rpm", 0, found)], Distribution("rhel", "9.3"))
    assert str(done[0].found.components[0].purl) == (
        "pkg:rpm/redhat/greet@1.2-3?arch=noarch&distro=rhel-9.3&epoch=1&upstream=greet-1.2-3.src.rpm"
    )


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("var/lib/rpm/rpmdb.sqlite", ""),
        ("usr/lib/sysimage/rpm/rpmdb.sqlite", ""),
        ("srv/x/usr/share/rpm/rpmdb.sqlite", "srv/x"),
        ("var/lib/rpmmanifest/container-manifest-2", ""),
    ],
)
def test_the_root_of_a_database(path: str, root: str) -> None:
    assert database.root_of(path) == root


READERS = [database.parse_sqlite, database.parse_ndb, database.parse_bdb, archive.parse, manifest.parse]


@pytest.mark.parametrize("reader", READERS)
def test_other_bytes_are_malformed(reader: object) -> None:
    with pytest.raises(Malformed):
        reader(File("var/lib/rpm/x", b"\x01" * 8192))  # type: ignore[operator]


def test_a_chain_that_runs_in_circles_ends() -> None:
    meta, page, overflow = bytearray(512), bytearray(512), bytearray(512)
    meta[12:16], meta[20:24], meta[25] = struct.pack("<I", 0x061561), struct.pack("<I", 512), 8
    page[20:26], page[26:30] = struct.pack("<HHBB", 2, 0, 0, 13), struct.pack("<HH", 507, 495)
    page[495:507] = struct.pack("<B3xII", 3, 2, 1 << 30)
    overflow[16:26] = struct.pack("<IHHBB", 2, 0, 400, 0, 7)
    with pytest.raises(Malformed, match="overlap"):
        database.parse_bdb(File("var/lib/rpm/Packages", bytes(meta + page + overflow)))


@given(st.integers(min_value=0, max_value=6000), st.binary(min_size=1, max_size=16))
def test_mutated_archives_never_crash(position: int, noise: bytes) -> None:
    data = bytearray(ARCHIVE.read_bytes())
    data[position : position + len(noise)] = noise
    with contextlib.suppress(AssayError):
        archive.parse(File("a.rpm", bytes(data)))


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=16))
def test_mutated_ndb_databases_never_crash(position: int, noise: bytes) -> None:
    data = bytearray(ndb([packed({1000: [b"a"], 1001: [b"1"], 1049: [b"b"]})] * 2))
    position %= len(data)
    data[position : position + len(noise)] = noise
    with contextlib.suppress(AssayError):
        database.parse_ndb(File("var/lib/rpm/Packages.db", bytes(data)))


@pytest.fixture(scope="module")
def small_sqlite(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("db") / "rpmdb.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        blob = packed({1000: [b"a"], 1001: [b"1"], 1002: [b"2"]})
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,)] * 3)
    connection.close()
    return path.read_bytes()


@given(position=st.integers(min_value=0, max_value=8191), noise=st.binary(min_size=1, max_size=16))
def test_mutated_sqlite_databases_never_crash(small_sqlite: bytes, position: int, noise: bytes) -> None:
    data = bytearray(small_sqlite)
    data[position : position + len(noise)] = noise
    with contextlib.suppress(AssayError):
        database.parse_sqlite(File("var/lib/rpm/rpmdb.sqlite", bytes(data)))
