"""The catalog over directories and images: layers, links, hidden files, merging, ownership, faults."""

from __future__ import annotations

import gzip
import os
import shutil
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from assay.adapters.directory import Directory, excluder
from assay.adapters.findings_cache import FindingsCache
from assay.adapters.image_options import ImageOptions
from assay.adapters.oci_layout import open_layout
from assay.engines.catalog import Options, catalog
from assay.errors import DigestMismatch, InputError
from assay.model.component import Component
from assay.model.ecosystem import Parser
from assay.model.image import Platform
from assay.model.sbom import Completeness, Layer, Sbom
from simulators.ecosystem import LISTS, MACHINE, SECTIONS, SYSTEM
from simulators.image import Members, layout, tar


def of_layers(folder: Path, *layers: Members | bytes, all_layers: bool = False, threads: int = 1) -> Sbom:
    source = open_layout(str(layout(folder / "image", layers)))
    return catalog(source, [LISTS, SYSTEM], Options(all_layers=all_layers, threads=threads))


def names(sbom: Sbom) -> list[str]:
    return [f"{component.name}@{component.version or component.version_range}" for component in sbom.components]


def test_a_directory_gives_components_edges_and_a_root(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.list").write_text("app 1 lib missing\nlib 2\n")
    sbom = catalog(Directory(str(tmp_path)), [LISTS])
    assert names(sbom) == ["app@1", "lib@2"]
    app, lib = (component.id for component in sbom.components)
    assert sbom.dependencies == {sbom.subject.id: (app,), app: (lib,), lib: ()}
    assert sbom.components[0].occurrences[0].path == "sub/a.list"
    assert sbom.components[0].occurrences[0].found_by == "lists-installed"
    assert sbom.completeness is Completeness.COMPLETE


def test_needs_reach_other_files_of_the_scope(tmp_path: Path) -> None:
    (tmp_path / "a.list").write_text("app 1 lib\n")
    (tmp_path / "b.list").write_text("lib 2\n")
    sbom = catalog(Directory(str(tmp_path)), [LISTS])
    assert sbom.dependencies["pkg:generic/app@1"] == ("pkg:generic/lib@2",)


def test_a_cycle_that_nothing_leads_to_hangs_on_the_root(tmp_path: Path) -> None:
    (tmp_path / "a.list").write_text("a 1 b\nb 1 a\n")
    sbom = catalog(Directory(str(tmp_path)), [LISTS])
    assert sbom.dependencies[sbom.subject.id] == ("pkg:generic/a@1",)


def test_broken_files_and_faulty_parsers_are_told_and_cost_only_their_file(tmp_path: Path) -> None:
    for name, content in {"a": "a 1", "b": "broken", "c": "bug", "d": "d 1\nhalf"}.items():
        (tmp_path / f"{name}.list").write_text(content)
    sbom = catalog(Directory(str(tmp_path)), [LISTS])
    assert names(sbom) == ["a@1", "d@1"]
    reasons = {item.path: item.reason for item in sbom.skipped}
    assert sorted(reasons) == ["b.list", "c.list", "d.list"]
    assert "a broken line" in reasons["b.list"]
    assert "a bug in assay" in reasons["c.list"]
    assert sbom.completeness is Completeness.INCOMPLETE


def test_files_that_are_too_large_are_skipped_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "big.list").write_bytes(b"a 1\n" * (1 << 19))
    sbom = catalog(Directory(str(tmp_path)), [LISTS])
    assert not sbom.components
    assert "more than" in sbom.skipped[0].reason


def test_a_large_file_is_read_only_by_those_whose_bound_holds_it(tmp_path: Path) -> None:
    (tmp_path / "big.list").write_bytes(b"a 1\n" * (1 << 19))
    large = Parser("large-elf", "simulators.ecosystem:parse_owner", ("**/big.*",), max_size=8 << 30)
    sbom = catalog(Directory(str(tmp_path)), [LISTS, MACHINE._replace(name="large", parsers=(large,))])
    assert {place.found_by for item in sbom.components for place in item.occurrences} == {"large-elf"}
    assert [item.reason for item in sbom.skipped] == ["2097152 bytes, more than the 1048576 that are read"]


@pytest.mark.parametrize(
    ("top", "left"),
    [
        ({"etc/b.list": b"b 2"}, ["a@1", "b@2"]),
        ({"etc/.wh.a.list": b""}, []),
        ({"etc/.wh..wh..opq": b"", "etc/c.list": b"c 1"}, ["c@1"]),
        ({"etc/a.list": b"a 2"}, ["a@2"]),
        ({"etc": b"now a file"}, []),
        ({"etc/a.list": ("dir", "")}, []),
        ({"etc": ("dir", "")}, ["a@1"]),
        ({".wh.etc": b""}, []),
        ({"./etc/.wh.a.list": b"", "./etc/a.list": b"a 3"}, ["a@3"]),
    ],
)
def test_higher_layers_hide_what_they_replace(tmp_path: Path, top: Members, left: list[str]) -> None:
    assert names(of_layers(tmp_path, {"etc/a.list": b"a 1"}, top)) == left


def test_all_layers_keep_what_is_hidden_and_components_know_their_layer(tmp_path: Path) -> None:
    sbom = of_layers(tmp_path, {"a.list": b"a 1"}, {"a.list": b"a 2"}, {".wh.a.list": b""}, all_layers=True, threads=2)
    assert [(item.version, item.occurrences[0].layer) for item in sbom.components] == [("1", 0), ("2", 1)]
    assert [layer.created_by for layer in sbom.layers] == ["step 0", "step 1", "step 2"]


def test_the_same_package_in_two_places_is_one_component_with_two_occurrences(tmp_path: Path) -> None:
    sbom = of_layers(tmp_path, {"a.list": b"a 1"}, {"b/a.list": b"a 1"})
    assert [(place.path, place.layer) for place in sbom.components[0].occurrences] == [("a.list", 0), ("b/a.list", 1)]


def test_a_declared_range_is_the_version_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.list").write_text("a 1.2\n")
    (tmp_path / "wanted.txt").write_text("a ^1.0\nb ^2.0\n")
    sbom = catalog(Directory(str(tmp_path)), [LISTS])
    assert names(sbom) == ["a@1.2", "b@^2.0"]
    assert sbom.components[1].version == ""
    assert len(sbom.components[0].occurrences) == 2


def test_links_are_followed_inside_the_image_only(tmp_path: Path) -> None:
    base: Members = {
        "data/real": b"real 1",
        "opt/link.list": ("symlink", "../data/real"),
        "opt/hard.list": ("hardlink", "data/real"),
        "opt/abs.list": ("symlink", "/data/real"),
        "opt/loop.list": ("symlink", "loop.list"),
        "opt/up.list": ("symlink", "../../../../etc/passwd"),
        "usr": ("symlink", "data"),
        "opt/through.list": ("symlink", "/usr/real"),
    }
    sbom = of_layers(tmp_path, base)
    paths = [place.path for place in sbom.components[0].occurrences]
    assert paths == ["opt/abs.list", "opt/hard.list", "opt/link.list", "opt/through.list"]
    assert {item.path: item.reason for item in sbom.skipped} == {
        "opt/loop.list": "links to itself",
        "opt/up.list": "links to etc/passwd, where nothing was found",
    }


def test_directory_links_never_leave_the_directory(tmp_path: Path) -> None:
    (tmp_path / "outside.list").write_text("secret 1\n")
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.list").symlink_to("../outside.list")
    (root / "b.list").symlink_to(tmp_path / "outside.list")
    (root / "loop").symlink_to(".")
    os.mkfifo(root / "pipe.list")
    sbom = catalog(Directory(str(root)), [LISTS])
    assert names(sbom) == []
    assert {item.path: item.reason for item in sbom.skipped} == {
        "a.list": "links to ../outside.list, which is not there or outside",
        "b.list": f"links to {tmp_path}/outside.list, which is not there or outside",
        "pipe.list": "not a regular file",
    }


def test_the_interpreter_of_a_virtual_environment_is_that_of_the_machine(tmp_path: Path) -> None:
    for folder in ("venv/bin", "other/bin"):
        (tmp_path / "s" / folder).mkdir(parents=True)
        (tmp_path / "s" / folder / "python3.list").symlink_to(sys.executable)
    (tmp_path / "s/venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    sbom = catalog(Directory(str(tmp_path / "s")), [LISTS])
    assert [item.path for item in sbom.skipped] == ["other/bin/python3.list"]


def test_unreadable_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.list").write_text("a 1")
    (tmp_path / "a.list").chmod(0)
    if os.geteuid() == 0:  # root reads everything: let the system call fail instead
        real = os.open

        def refuse(path: str, flags: int, *rest: int) -> int:
            if str(path).endswith("a.list"):
                raise PermissionError(13, "Permission denied")
            return real(path, flags, *rest)

        monkeypatch.setattr(os, "open", refuse)
    sbom = catalog(Directory(str(tmp_path)), [LISTS])
    assert [(item.path, item.reason) for item in sbom.skipped] == [("a.list", "Permission denied")]


def test_names_that_are_no_utf8_survive(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.list")
    sbom = of_layers(tmp_path, {name: b"a 1"})
    assert sbom.components[0].occurrences[0].path == name


def test_files_of_a_system_package_mark_what_they_show(tmp_path: Path) -> None:
    elf = Path(shutil.which("true") or "/bin/true").read_bytes()
    layers: Members = {
        "system.db": b"owner 1\nlib/py/a.list\nusr/bin/tool\n",
        "usr/lib/py/a.list": b"a 1",
        "bin/tool": elf,
        "bin/own": elf,
    }
    source = open_layout(str(layout(tmp_path / "image", [layers])))
    sbom = catalog(source, [LISTS, SYSTEM, MACHINE])
    assert [component.id for component in sbom.components] == [
        "pkg:deb/owner@1",
        "pkg:generic/a@1",
        "pkg:generic/own@1",
    ]
    owner, marked, own = sbom.components
    assert marked.owned_by == owner.id
    assert own.owned_by == ""
    assert [place.path for place in owner.occurrences] == ["bin/tool", "system.db"]


def test_a_wrong_digest_is_always_an_error(tmp_path: Path) -> None:
    folder = layout(tmp_path / "image", [{"a.list": b"a 1"}])
    for path in (folder / "blobs" / "sha256").iterdir():
        if path.read_bytes()[:2] == b"\x1f\x8b":
            path.write_bytes(gzip.compress(tar({"a.list": b"b 1"})))
    with pytest.raises(DigestMismatch):
        catalog(open_layout(str(folder)), [LISTS])


def test_diff_ids_are_verified_when_asked_for(tmp_path: Path) -> None:
    good = layout(tmp_path / "good", [{"a.list": b"a 1"}])
    options = ImageOptions(verify_diff_ids=True)
    assert names(catalog(open_layout(str(good), options), [LISTS])) == ["a@1"]
    odd = layout(tmp_path / "odd", [{"a.list": b"a 1"}], compress=lambda data: gzip.compress(tar({"a.list": b"b 1"})))
    assert names(catalog(open_layout(str(odd)), [LISTS])) == ["b@1"]
    with pytest.raises(DigestMismatch):
        catalog(open_layout(str(odd), options), [LISTS])


def compress_in_members(data: bytes) -> bytes:
    return gzip.compress(data[:700]) + gzip.compress(data[700:])


@pytest.mark.parametrize(
    "compress",
    [lambda data: data, compress_in_members, lambda data: zstandard.compress(data)],
    ids=["plain", "members", "zstd"],
)
def test_layers_may_be_compressed_in_every_way(tmp_path: Path, compress: object) -> None:
    folder = layout(tmp_path / "image", [{"a.list": b"a 1", "b.list": b"b 1"}], compress=compress)  # type: ignore[arg-type]
    assert names(catalog(open_layout(str(folder)), [LISTS])) == ["a@1", "b@1"]


@pytest.mark.parametrize("cut", [200, 2000])
def test_what_a_truncated_layer_still_holds_is_reported(tmp_path: Path, cut: int) -> None:
    data = gzip.compress(tar({"a.list": b"a 1", "filler": os.urandom(4000), "b.list": os.urandom(900)}))
    folder = layout(tmp_path / "image", [{}], compress=lambda _: data[:-cut])
    sbom = catalog(open_layout(str(folder)), [LISTS])
    assert names(sbom) == ["a@1"]
    assert any("cut off" in item.reason or "ends within" in item.reason for item in sbom.skipped)


def test_paths_that_lead_out_are_told_and_not_read(tmp_path: Path) -> None:
    sbom = of_layers(tmp_path, {"../evil.list": b"evil 1", "/abs.list": b"abs 1", "a/../b.list": b"b 1"})
    assert names(sbom) == ["abs@1", "b@1"]
    assert [item.path for item in sbom.skipped] == ["../evil.list"]


def test_a_second_scan_reads_no_shared_layer_again(tmp_path: Path) -> None:
    base: Members = {"a.list": b"a 1", "data/real": b"real 1", "link.list": ("symlink", "data/real")}
    folder = layout(tmp_path / "image", [base, {"b.list": b"b 1", ".wh.c": b""}])
    options = Options(cache=FindingsCache(tmp_path / "cache"), analyser="test")
    first = catalog(open_layout(str(folder)), [LISTS], options)
    layers = [path for path in (folder / "blobs/sha256").iterdir() if path.read_bytes()[:2] == b"\x1f\x8b"]
    for path in layers:
        path.write_bytes(bytes(path.stat().st_size))
    assert catalog(open_layout(str(folder)), [LISTS], options) == first
    with pytest.raises(DigestMismatch):
        catalog(open_layout(str(folder)), [LISTS], options._replace(analyser="another"))
    layers[0].write_bytes(b"of another size")
    with pytest.raises(DigestMismatch):
        catalog(open_layout(str(folder)), [LISTS], options)
    layers[0].unlink()
    with pytest.raises(InputError):
        catalog(open_layout(str(folder)), [LISTS], options)


class _Fake:
    """A source of two layers: the second is read until the test has ended, the first brings Ctrl-C."""

    def __init__(self) -> None:
        self.subject = Component("fake")
        self.attached = ()
        self.ended = threading.Event()
        self.layers = (_Layer(0, self._interrupt), _Layer(1, self._wait))
        self._began = threading.Event()
        self.reading = False

    def _wait(self) -> None:
        self.reading = True
        self._began.set()
        self.ended.wait(60)
        self.reading = False
        raise InputError("nobody wants it any more")

    def _interrupt(self) -> None:
        self._began.wait(60)
        raise KeyboardInterrupt


class _Layer:
    def __init__(self, position: int, walk: Callable[[], None]) -> None:
        self.layer = Layer(position, size=9 - position)
        self._walk = walk

    def walk(self, wants: object, *, executables: bool, paths: bool) -> Any:
        del wants, executables, paths
        self._walk()


def test_ctrl_c_waits_for_no_layer() -> None:
    source = _Fake()
    with pytest.raises(KeyboardInterrupt):
        catalog(source, [LISTS], Options(threads=2))
    assert source.reading
    source.ended.set()


def test_an_image_for_another_platform_is_refused(tmp_path: Path) -> None:
    folder = layout(tmp_path / "image", [{"a.list": b"a 1"}])
    assert names(catalog(open_layout(str(folder), ImageOptions(Platform("linux", "amd64"))), [LISTS])) == ["a@1"]
    with pytest.raises(InputError, match="windows/arm64"):
        open_layout(str(folder), ImageOptions(Platform("windows", "arm64")))


def test_damaged_cache_entries_count_as_absent(tmp_path: Path) -> None:
    folder = layout(tmp_path / "image", [{"a.list": b"a 1"}])
    cache = tmp_path / "cache"
    options = Options(cache=FindingsCache(cache), analyser="test")
    first = catalog(open_layout(str(folder)), [LISTS], options)
    for path in cache.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    assert catalog(open_layout(str(folder)), [LISTS], options) == first


def test_ignored_paths_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "keep").mkdir()
    (tmp_path / "drop").mkdir()
    (tmp_path / "keep" / "a.list").write_text("a 1")
    (tmp_path / "drop" / "b.list").write_text("b 1")
    assert names(catalog(Directory(str(tmp_path), ["drop"]), [LISTS])) == ["a@1"]
    assert names(catalog(Directory(str(tmp_path), ["**/b.list"]), [LISTS])) == ["a@1"]


@pytest.mark.parametrize("glob", ["drop", "/drop", "./drop/", "drop/**", "**/drop", "dr*", "drop/*.list"])
def test_ignored_folders_of_an_image_are_left_out_as_those_of_a_directory(tmp_path: Path, glob: str) -> None:
    members: Members = {
        "keep/a.list": b"a 1",
        "drop/b.list": b"b 1",
        "drop/c.list": b"broken",
        "dropped/d.list": b"d 1",
    }
    data = gzip.compress(tar({**members, "filler": os.urandom(4000)}))[:-200]
    folder = layout(tmp_path / "image", [{}], compress=lambda _: data)
    sbom = catalog(open_layout(str(folder)), [LISTS], Options(ignore=excluder([glob])))
    assert names(sbom) == (["a@1"] if glob == "dr*" else ["a@1", "d@1"])
    assert [item.path for item in sbom.skipped] == [""], "what is excluded is not missed, the rest of the layer is"
    assert [
        item.path for item in catalog(open_layout(str(folder)), [LISTS], Options(ignore=excluder(["*"]))).skipped
    ] == [""]


def large_elf(section: bytes) -> bytes:
    """An ELF file of 10 MB with one section of that name at its beginning, and the section table at its end."""
    names = b"\0" + section + b"\0.shstrtab\0"
    body = b"data".ljust(10 << 20, b"\0")
    row = struct.Struct("<IIQQQQIIQQ")
    fields = (2, 62, 1, 0, 0, 64 + len(body) + len(names), 0, 64, 0, 0, row.size, 3, 2)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", *fields)
    rows = row.pack(*[0] * 10) + row.pack(1, 1, 0, 0, 64, 4, 0, 0, 0, 0)
    rows += row.pack(2 + len(section), 3, 0, 0, 64 + len(body), len(names), 0, 0, 0, 0)
    return header + body + names + rows


def test_large_executables_are_read_again_when_a_section_is_wanted(tmp_path: Path) -> None:
    base: Members = {"bin/big": large_elf(b".marker"), "bin/other": large_elf(b".other"), "a.list": b"a 1"}
    source = open_layout(str(layout(tmp_path / "image", [base])))
    sbom = catalog(source, [LISTS, SECTIONS])
    assert names(sbom) == ["a@1", "big@1"]
    assert [place.path for place in sbom.components[1].occurrences] == ["bin/big"]
    assert sbom.skipped == ()
