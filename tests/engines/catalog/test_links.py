"""Links between layers: what a hard link holds stays when its other name goes, what a symbolic link shows does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assay.adapters.findings_cache import FindingsCache
from assay.adapters.oci_layout import open_layout
from assay.engines.catalog import Options, catalog
from assay.engines.catalog.links import MAX_NAMES
from assay.model.sbom import Sbom
from engines.catalog.test_catalog import large_elf
from simulators.ecosystem import LISTS, MACHINE, SECTIONS
from simulators.image import Members, layout, tar


def of_layers(folder: Path, *layers: Members, all_layers: bool = False) -> Sbom:
    source = open_layout(str(layout(folder / "image", layers)))
    cache = FindingsCache(folder / "cache")
    options = Options(all_layers=all_layers, cache=cache, analyser="test")
    first = catalog(source, [LISTS, MACHINE, SECTIONS], options)
    assert catalog(source, [LISTS, MACHINE, SECTIONS], options) == first, "the cache says the same"
    return first


def places(sbom: Sbom) -> list[tuple[str, str, int]]:
    return [
        (item.name + item.version, place.path, place.layer) for item in sbom.components for place in item.occurrences
    ]


CACHED: Members = {"cache/x.list": b"x 1", "venv/x.list": ("hardlink", "cache/x.list")}


@pytest.mark.parametrize(
    ("above", "left"),
    [
        ({".wh.cache": b""}, [("x1", "venv/x.list", 0)]),
        ({"cache/.wh.x.list": b""}, [("x1", "venv/x.list", 0)]),
        ({"cache/.wh..wh..opq": b""}, [("x1", "venv/x.list", 0)]),
        ({"cache/x.list": b"x 2"}, [("x1", "venv/x.list", 0), ("x2", "cache/x.list", 1)]),
        ({"cache/x.list": b"none 1", ".wh.venv": b""}, [("none1", "cache/x.list", 1)]),
        ({"venv/.wh.x.list": b""}, [("x1", "cache/x.list", 0)]),
        ({".wh.venv": b"", ".wh.cache": b""}, []),
    ],
)
def test_a_hard_link_keeps_its_content(tmp_path: Path, above: Members, left: list[tuple[str, str, int]]) -> None:
    sbom = of_layers(tmp_path, CACHED, above)
    assert places(sbom) == left
    assert sbom.skipped == ()


def test_a_hard_link_keeps_the_content_of_its_time(tmp_path: Path) -> None:
    base: Members = {"data/real": b"real 1", "a.list": ("hardlink", "data/real")}
    assert places(of_layers(tmp_path, base, {"data/real": b"real 2"})) == [("real1", "a.list", 0)]


def test_a_symbolic_link_shows_nothing_once_its_target_is_gone(tmp_path: Path) -> None:
    base: Members = {"data/real": b"real 1", "a.list": ("symlink", "data/real")}
    assert places(of_layers(tmp_path / "there", base, {"b": b""})) == [("real1", "a.list", 0)]
    sbom = of_layers(tmp_path / "gone", base, {".wh.data": b""})
    assert places(sbom) == []
    assert [(item.path, item.reason) for item in sbom.skipped] == [
        ("a.list", "links to data/real, where nothing was found")
    ]
    assert places(of_layers(tmp_path / "new", base, {"data/real": b"real 2"})) == [("real2", "a.list", 1)]
    assert places(of_layers(tmp_path / "empty", base, {"data/real": b""})) == []


@pytest.mark.parametrize("content", [None, large_elf(b".marker")], ids=["small", "large"])
def test_a_further_name_of_an_executable_stays(tmp_path: Path, content: bytes | None) -> None:
    content = content or Path(shutil.which("true") or "/bin/true").read_bytes()
    base: Members = {"go/bin/tool": content, "usr/bin/further": ("hardlink", "go/bin/tool")}
    assert {path for _, path, _ in places(of_layers(tmp_path / "both", base, {"b": b""}))} == {"go/bin/tool"}
    assert {path for _, path, _ in places(of_layers(tmp_path / "gone", base, {".wh.go": b""}))} == {"usr/bin/further"}


def test_all_layers_keep_what_links_showed(tmp_path: Path) -> None:
    base: Members = {"data/real": b"real 1", "a.list": ("hardlink", "data/real"), "bin/big": large_elf(b".marker")}
    sbom = of_layers(tmp_path, base, {".wh.data": b"", ".wh.a.list": b"", ".wh.bin": b""}, all_layers=True)
    assert {path for _, path, _ in places(sbom)} == {"a.list", "bin/big"}
    again = of_layers(tmp_path / "again", base, {"bin/big": large_elf(b".marker")}, all_layers=True)
    assert {layer for _, path, layer in places(again) if path == "bin/big"} == {0, 1}


def test_of_entries_with_the_same_path_the_last_one_counts(tmp_path: Path) -> None:
    def twice(*second: object) -> bytes:
        first = tar({"a.list": b"a 1", "b.list": b"b 1"})
        return first[:2048] + tar({"a.list": second[0]})  # type: ignore[dict-item]  # a Members value

    for name, second, left in (
        ("file", b"a 2", [("a2", "a.list", 0), ("b1", "b.list", 0)]),
        ("empty", b"", [("b1", "b.list", 0)]),
        ("link", ("symlink", "b.list"), [("b1", "b.list", 0)]),
    ):
        source = open_layout(str(layout(tmp_path / name, [twice(second)])))
        assert places(catalog(source, [LISTS])) == left, name


def test_a_whiteout_hides_nothing_of_its_own_layer(tmp_path: Path) -> None:
    assert places(of_layers(tmp_path, {"a.list": b"a 1", ".wh.a.list": b""})) == [("a1", "a.list", 0)]


def test_endless_names_of_one_file_are_bounded(tmp_path: Path) -> None:
    names: Members = {f"opt/{number:04}.list": ("hardlink", "data/real") for number in range(MAX_NAMES + 7)}
    sbom = of_layers(tmp_path, {"data/real": b"real 1", **names}, {".wh.data": b""})
    assert len(places(sbom)) == MAX_NAMES
    assert [(item.path, item.reason) for item in sbom.skipped] == [("data/real", "7 more names of it are not listed")]
