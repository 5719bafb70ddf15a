"""Single files, archives and standard input as sources: what is in them, and what hostile ones may cost."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.adapters import archive, sniff, spool
from assay.adapters.archive import ArchiveWalk, Budget, FileSource
from assay.adapters.image_options import ImageOptions
from assay.adapters.sources import Request, open_source
from assay.ecosystems import discover
from assay.engines.catalog import catalog
from assay.errors import InputError
from assay.formats import compression
from assay.model.digest import Algorithm, Digest
from assay.model.sbom import Sbom
from assay.ports import Source
from simulators.ecosystem import LISTS, MACHINE
from simulators.image import Members, tar

REQUEST = Request(ImageOptions())
CYCLONEDX = b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "a"}]}'


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


def scan(folder: Path, name: str, data: bytes) -> Sbom:
    (folder / name).write_bytes(data)
    source = open_source(f"file:{folder / name}", REQUEST)
    assert isinstance(source, FileSource)
    return catalog(source, [LISTS, MACHINE])


def seen(sbom: Sbom) -> dict[str, list[str]]:
    return {item.name: [place.path for place in item.occurrences] for item in sbom.components}


def test_a_file_is_offered_under_its_own_name_and_is_the_root(tmp_path: Path) -> None:
    sbom = scan(tmp_path, "a.list", b"a 1")
    assert seen(sbom) == {"a": ["a.list"]}
    assert sbom.subject.name == "a.list"
    assert sbom.subject.digests == (Digest(Algorithm.SHA256, hashlib.sha256(b"a 1").hexdigest()),)


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("x.tar", bytes),
        ("x.tar.gz", gzip.compress),
        ("x.tgz", gzip.compress),
        ("x.tar.bz2", bz2.compress),
        ("x.tar.xz", lzma.compress),
        ("x.tar.zst", zstandard.compress),
        ("no-ending", gzip.compress),
    ],
)
def test_an_archive_is_the_root_of_its_members(tmp_path: Path, name: str, compress: Callable[[bytes], bytes]) -> None:
    sbom = scan(
        tmp_path, name, compress(tar({"sub/a.list": b"a 1", "sub/link.list": ("symlink", "../data"), "data": b"b 1"}))
    )
    assert seen(sbom) == {"a": ["sub/a.list"], "b": ["sub/link.list"]}
    assert not sbom.skipped


def test_zips_are_walked_and_executables_found_in_them(tmp_path: Path) -> None:
    elf = Path("/bin/true").read_bytes()
    sbom = scan(tmp_path, "x.zip", zipped({"a.list": b"a 1", "bin/tool": elf, "../up.list": b"up 1", "dir/": b""}))
    assert seen(sbom) == {"a": ["a.list"], "tool": ["bin/tool"]}
    assert [(item.path, item.reason) for item in sbom.skipped] == [("../up.list", "the path leads out of the root")]


def test_archives_inside_are_walked_under_their_path(tmp_path: Path) -> None:
    inner = zipped({"deep/a.list": b"a 1", "b.tar.gz": gzip.compress(tar({"b.list": b"b 1"}))})
    sbom = scan(tmp_path, "x.tar", tar({"sub/inner.zip": inner}))
    assert seen(sbom) == {"a": ["sub/inner.zip!/deep/a.list"], "b": ["sub/inner.zip!/b.tar.gz!/b.list"]}


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress, zstandard.compress])
def test_a_compressed_file_is_read_through(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    assert seen(scan(tmp_path, "a.list.gz", compress(b"a 1"))) == {"a": ["a.list"]}


def test_what_a_cut_off_archive_still_holds_is_reported(tmp_path: Path) -> None:
    data = gzip.compress(tar({"a.list": b"a 1", "filler": bytes(spool.PIECE)}))
    sbom = scan(tmp_path, "x.tar.gz", data[:-300])
    assert seen(sbom) == {"a": ["a.list"]}
    assert "cut off" in sbom.skipped[0].reason


def test_corrupt_archives_inside_cost_only_themselves(tmp_path: Path) -> None:
    members: Members = {"broken.zip": b"PK\3\4nonsense", "no.tar.gz": b"text", "a.list": b"a 1"}
    sbom = scan(tmp_path, "x.tar", tar(members))
    assert seen(sbom) == {"a": ["a.list"]}
    assert [item.path for item in sbom.skipped] == ["broken.zip", "no.tar.gz"]


def test_nesting_is_bounded(tmp_path: Path) -> None:
    data = tar({"a.list": b"a 1"})
    for _ in range(archive.MAX_DEPTH + 2):
        data = tar({"inner.tar": data})
    sbom = scan(tmp_path, "x.tar", data)
    assert not sbom.components
    assert "nested deeper" in sbom.skipped[0].reason


def test_bombs_are_stopped_by_the_budget_and_told(tmp_path: Path) -> None:
    bomb = zipped({f"{number}.list": bytes(1 << 20) for number in range(20)})
    (tmp_path / "x.zip").write_bytes(bomb)
    walk = ArchiveWalk(spool.open_file(str(tmp_path / "x.zip")), "x.zip", lambda path: LISTS.parsers, False)
    walk._budget = Budget(bytes=5 << 20)
    read = 0
    with pytest.raises(InputError):
        for entry in walk:
            if entry.path != "x.zip":
                read += len(entry.read())
    assert read <= 5 << 20


def test_a_bomb_of_one_compressed_stream_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "FREE", 1 << 20)
    sbom = scan(tmp_path, "x.gz", gzip.compress(bytes(64 << 20)))
    assert "bomb" in sbom.skipped[0].reason


def test_special_files_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path / "pipe", tmp_path, Path("/dev/zero"), tmp_path / "missing"):
        with pytest.raises(InputError):
            open_source(f"file:{name}", REQUEST)


@pytest.mark.parametrize(
    ("data", "scheme"),
    [
        (CYCLONEDX, "sbom"),
        (gzip.compress(CYCLONEDX), "sbom"),
        (b'{"packages": [' + b'"x",' * 30_000 + b'"x"], "spdxVersion": "SPDX-2.3"}', "sbom"),
        (b'{"detector": {}, "manifests": {}}', "sbom"),
        (tar({"a": b""}), "file"),
        (gzip.compress(tar({"oci-layout": b"", "index.json": b""})), "oci-archive"),
        (tar({"manifest.json": b"[]"}), "docker-archive"),
        (gzip.compress(tar({"a": b"", "manifest.json": b"[]"})), "file"),
        (zipped({"a": b""}), "file"),
        (b"", "file"),
        (bytes(2048), "file"),
    ],
)
def test_the_kind_of_a_file_is_told_by_its_content(tmp_path: Path, data: bytes, scheme: str) -> None:
    (tmp_path / "x").write_bytes(data)
    assert sniff.kind(spool.open_file(str(tmp_path / "x"))) == scheme


@pytest.fixture
def standard_input(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], Source | Sbom]]:
    def given_by(data: bytes) -> Source | Sbom:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return open_source("-", REQUEST)

    yield given_by


def test_standard_input_may_be_an_sbom_or_an_archive(standard_input: Callable[[bytes], Source | Sbom]) -> None:
    document = standard_input(CYCLONEDX)
    assert isinstance(document, Sbom)
    assert [item.name for item in document.components] == ["a"]
    source = standard_input(tar({"a.list": b"a 1"}))
    assert not isinstance(source, Sbom)
    assert seen(catalog(source, [LISTS])) == {"a": ["a.list"]}
    jar = standard_input(zipped({"META-INF/MANIFEST.MF": b""}))
    assert not isinstance(jar, Sbom)
    assert jar.subject.name == "stdin.jar"
    with pytest.raises(InputError, match="empty"):
        standard_input(b"")


def _gzip(data: bytes, name: str) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=out, mtime=0) as packed:
        packed.write(data)
    return out.getvalue()


_A_LIST = _gzip(b"a 1", "a.list")


@pytest.mark.parametrize(
    ("data", "path", "found"),
    [
        (_A_LIST, "a.list.gz", {"a": ["a.list"]}),
        (_gzip(b"a 1", "../x\\a.list"), "a.list.gz", {"a": ["a.list"]}),
        (b"\x1f\x8b\x08\x0c" + bytes(6) + b"\x02\0zz" + _A_LIST[10:], "a.list.gz", {"a": ["a.list"]}),
        (_gzip(b"a 1", ""), "stdin", {}),
        (_gzip(b"a 1", ".."), "stdin", {}),
        (_A_LIST[:14], "stdin", {}),
    ],
    ids=["name", "path", "extra", "nameless", "dots", "cut"],
)
def test_what_gzip_packed_keeps_its_name_on_standard_input(
    data: bytes, path: str, found: dict[str, list[str]], standard_input: Callable[[bytes], Source | Sbom]
) -> None:
    source = standard_input(data)
    assert not isinstance(source, Sbom)
    assert source.subject.name == path
    assert seen(catalog(source, [LISTS])) == found


@pytest.mark.parametrize(
    ("manifest", "name", "found"),
    [
        (b"Implementation-Version: 1.2\n\n", "stdin.jar", []),
        (b"Implementation-Title: A long title\nImplementation-Version: 1.2\n\n", "stdin.jar", []),
        (b"Implementation-Title: sample-lib\r\nImplementation-Version: 1.2\r\n", "sample-lib.jar", ["sample-lib 1.2"]),
        (b"X" * (17 << 20), "stdin.jar", []),
    ],
)
def test_a_jar_on_standard_input_is_called_as_it_says(
    manifest: bytes, name: str, found: list[str], standard_input: Callable[[bytes], Source | Sbom]
) -> None:
    source = standard_input(zipped({"META-INF/MANIFEST.MF": manifest, "org/sample/A.class": b""}))
    assert not isinstance(source, Sbom)
    assert source.subject.name == name
    maven = [ecosystem for ecosystem in discover() if ecosystem.name == "maven"]
    assert [f"{item.name} {item.version}" for item in catalog(source, maven).components] == found


def test_a_document_that_is_no_sbom_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"text")
    with pytest.raises(InputError, match="not an SBOM"):
        open_source(f"sbom:{tmp_path / 'x'}", REQUEST)


_SEED = zipped({"a.list": b"a 1", "b.tgz": gzip.compress(tar({"c.list": b"c 1"}))})


@settings(max_examples=60)
@given(st.binary(max_size=3000) | st.tuples(st.integers(0, len(_SEED)), st.binary(max_size=8)))
def test_arbitrary_bytes_are_walked_without_a_fault(given_: bytes | tuple[int, bytes]) -> None:
    data = given_ if isinstance(given_, bytes) else _SEED[: given_[0]] + given_[1] + _SEED[given_[0] + len(given_[1]) :]
    file = spool.spooled([data], "x")
    sniff.kind(file)
    catalog(FileSource(file, "x"), [LISTS, MACHINE])
