"""Package files as sources: what they would install is walked as the same files in a folder are, and is theirs."""

from __future__ import annotations

import mmap
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.adapters import content, package_payload, spool
from assay.adapters.archive import ArchiveWalk, FileSource
from assay.adapters.directory import Directory
from assay.ecosystems import discover
from assay.engines.catalog import catalog
from assay.formats import compression
from assay.model.component import Presence
from assay.model.sbom import Sbom
from simulators import go_program, package_files
from simulators.ecosystem import LISTS, MACHINE

PROGRAMS = MACHINE._replace(name="programs", yields_to_owner=False)
ALL = [*discover(), PROGRAMS]
RPM = "pkg:rpm/linux/sample@1.0-1?arch=x86_64&upstream=sample-1.0-1.src.rpm"
Maker = Callable[[Path, Path], Path]
OF_SYSTEM: dict[str, tuple[Maker, str]] = {
    "deb-gzip": (partial(package_files.deb, packed="gzip"), "pkg:deb/debian/sample@1.0?arch=amd64"),
    "deb-xz": (partial(package_files.deb, packed="xz"), "pkg:deb/debian/sample@1.0?arch=amd64"),
    "deb-zstd": (partial(package_files.deb, packed="zstd"), "pkg:deb/debian/sample@1.0?arch=amd64"),
    "deb-none": (partial(package_files.deb, packed="none"), "pkg:deb/debian/sample@1.0?arch=amd64"),
    "rpm-gzip": (partial(package_files.rpm, payload="w9.gzdio"), RPM),
    "rpm-xz": (partial(package_files.rpm, payload="w2.xzdio"), RPM),
    "rpm-zstd": (partial(package_files.rpm, payload="w3.zstdio"), RPM),
    "apk": (package_files.apk, "pkg:apk/alpine/sample@1.0-r0?arch=x86_64"),
    "alpm": (package_files.alpm, "pkg:alpm/arch/sample@1.0-1?arch=x86_64"),
}
NAMES = {"pkg:generic/tool@1", "pkg:generic/second@1"}
LEFT, TEXT = "pkg:npm/left-pad@1.3.0", "pkg:maven/org.sample/text@2.1"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program with a second name and a link, a package of npm below a long name, and a jar."""
    root = tmp_path_factory.mktemp("tree")
    (root / "usr/bin").mkdir(parents=True)
    shutil.copy("/bin/true", root / "usr/bin/tool")
    os.link(root / "usr/bin/tool", root / "usr/bin/second")
    (root / "usr/bin/link").symlink_to("tool")
    left = root / "usr/lib" / ("long" * 40) / "node_modules/left-pad"
    left.mkdir(parents=True)
    (left / "package.json").write_text('{"name": "left-pad", "version": "1.3.0"}')
    (root / "usr/share/java").mkdir(parents=True)
    properties = b"groupId=org.sample\nartifactId=text\nversion=2.1\n"
    jar = package_files.zipped(root / "none", {"META-INF/maven/org.sample/text/pom.properties": properties})
    (root / "usr/share/java/text-2.1.jar").write_bytes(jar)
    return root


def of_file(path: Path) -> Sbom:
    return catalog(FileSource(spool.open_file(str(path)), path.name), ALL)


def places(sbom: Sbom) -> dict[str, list[str]]:
    return {item.id: [place.path for place in item.occurrences] for item in sbom.components}


def unpacked(tree: Path, found: dict[str, list[str]], prefix: str = "") -> dict[str, list[str]]:
    """What the tree shows in a folder; of two names of one file an archive shows the first."""
    there = {
        name: [prefix + path for path in paths] for name, paths in places(catalog(Directory(str(tree)), ALL)).items()
    }
    assert {LEFT, TEXT, *NAMES} == set(there)
    assert NAMES & set(found)
    return {name: paths for name, paths in there.items() if name in found or name not in NAMES}


@pytest.mark.parametrize("name", sorted(OF_SYSTEM))
def test_what_a_package_of_a_system_would_install_is_found_and_its_own(tree: Path, tmp_path: Path, name: str) -> None:
    make, identity = OF_SYSTEM[name]
    made = make(tree, tmp_path)
    sbom = of_file(made)
    found = places(sbom)
    assert found.pop(identity) == [made.name]
    assert found == unpacked(tree, found)
    assert {item.owned_by for item in sbom.components if item.id != identity} == {identity}
    assert not sbom.skipped


def test_programs_known_by_their_bytes_are_only_another_sight_of_the_package(tree: Path, tmp_path: Path) -> None:
    """As where it is installed."""
    made = package_files.deb(tree, tmp_path, "xz")
    found = catalog(FileSource(spool.open_file(str(made)), made.name), [*discover(), MACHINE])
    assert places(found)[OF_SYSTEM["deb-xz"][1]] == [made.name, "usr/bin/second", "usr/bin/tool"]


def test_what_lies_in_an_archive_of_the_package_is_its_own(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    lock = b'{"lockfileVersion": 3, "packages": {"node_modules/left-pad": {"version": "1.3.0"}}}'
    (root / "bundle.zip").write_bytes(package_files.zipped(root / "none", {"package-lock.json": lock}))
    made = package_files.deb(root, tmp_path, "gzip")
    found = catalog(FileSource(spool.open_file(str(made)), made.name), discover())
    assert places(found)[LEFT] == ["bundle.zip!/package-lock.json"]
    assert {item.id: item.owned_by for item in found.components}[LEFT] == OF_SYSTEM["deb-gzip"][1]


def test_a_payload_that_is_not_read_is_told(tree: Path, tmp_path: Path) -> None:
    made = package_files.rpm(tree, tmp_path, "w9.gzdio")
    data = made.read_bytes()
    start = package_payload._payload_of_rpm(spool.open_file(str(made)))
    made.write_bytes(data[:start] + b"\x5d\0\0\x80\0" + bytes(100))
    assert [item.reason for item in of_file(made).skipped] == [
        "the files of an RPM package are compressed with lzma, which is not read"
    ]


IN_ROOT = {
    "wheel": (package_files.wheel, "pkg:pypi/sample@1.0", True),
    "conda": (package_files.conda, "pkg:conda/sample@1.0?build=h1_0&subdir=linux-64", True),
    "gem": (package_files.gem, "pkg:gem/sample@1.10", False),
    "nupkg": (package_files.nupkg, "pkg:nuget/Sample@1.0.0", False),
}


@pytest.mark.parametrize("name", sorted(IN_ROOT))
def test_what_a_package_of_a_language_holds_is_found(tree: Path, tmp_path: Path, name: str) -> None:
    """It owns what it lists (RECORD, info/files), as where it is installed."""
    make, identity, owns = IN_ROOT[name]
    made = make(tree, tmp_path)
    sbom = of_file(made)
    found = places(sbom)
    assert found.pop(identity)
    assert found == unpacked(tree, found)
    assert {item.owned_by for item in sbom.components if item.id != identity} == {identity if owns else ""}
    assert not sbom.skipped


@pytest.mark.parametrize(
    ("make", "identity", "prefix"),
    [
        (package_files.crate, "pkg:cargo/sample@1.0.0", "sample-1.0.0/"),
        (package_files.npm, "pkg:npm/sample@1.0.0", "package/"),
    ],
)
def test_packages_with_a_folder_of_their_own_keep_it(
    tree: Path, tmp_path: Path, make: Maker, identity: str, prefix: str
) -> None:
    found = places(of_file(make(tree, tmp_path)))
    assert found.pop(identity)
    assert found == unpacked(tree, found, prefix)


def test_a_program_of_go_in_a_package_shows_its_modules(tmp_path: Path) -> None:
    program = go_program.built("gcr_registry")
    root = tmp_path / "tree"
    (root / "usr/bin").mkdir(parents=True)
    shutil.copy(program, root / "usr/bin/registry")
    found, there = of_file(package_files.deb(root, tmp_path, "zstd")), catalog(Directory(str(root)), ALL)
    modules = {name for name in places(there) if name.startswith("pkg:golang/")}
    assert len(modules) > 2
    assert modules <= set(places(found))
    owned = {item.id for item in found.components if item.owned_by == "pkg:deb/debian/sample@1.0?arch=amd64"}
    assert modules <= owned


def test_what_a_gem_says_of_itself(tree: Path, tmp_path: Path) -> None:
    (gem,) = [item for item in of_file(package_files.gem(tree, tmp_path)).components if item.ecosystem == "gem"]
    assert (gem.presence, gem.author, gem.description) == (Presence.DECLARED, "A. Author", "A sample.")
    assert [item.expression for item in gem.licenses] == ["MIT"]
    assert [(item.type, item.url) for item in gem.references] == [
        ("website", "https://gem.example/sample"),
        ("vcs", "https://git.example/sample"),
    ]


def test_what_a_package_of_nuget_says_of_itself(tree: Path, tmp_path: Path) -> None:
    (one,) = [item for item in of_file(package_files.nupkg(tree, tmp_path)).components if item.ecosystem == "nuget"]
    assert (one.presence, one.author, one.description) == (Presence.DECLARED, "A", "A sample.")
    assert [item.expression for item in one.licenses] == ["MIT"]


def test_a_package_that_is_cut_off_is_told_and_shows_what_it_still_has(tree: Path, tmp_path: Path) -> None:
    made = package_files.rpm(tree, tmp_path, "w9.gzdio")
    data = made.read_bytes()
    made.write_bytes(data[:-200])
    sbom = of_file(made)
    assert "cut off" in " ".join(item.reason for item in sbom.skipped)
    assert RPM in places(sbom)
    assert len(places(sbom)) > 1


def test_a_payload_that_unpacks_to_too_much_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "FREE", 1 << 20)
    root = tmp_path / "tree"
    root.mkdir()
    (root / "zeros").write_bytes(bytes(64 << 20))
    sbom = of_file(package_files.rpm(root, tmp_path, "w9.gzdio"))
    assert "bomb" in " ".join(item.reason for item in sbom.skipped)


def test_jars_are_left_to_their_own_parser(tmp_path: Path) -> None:
    """An archive in a jar is told once, by who reads jars, and not as a file in a tree too."""
    inner = package_files.zipped(
        tmp_path, {"META-INF/maven/g/a/pom.properties": b"groupId=g\nartifactId=a\nversion=1\n"}
    )
    (tmp_path / "app.jar").write_bytes(package_files.zipped(tmp_path / "none", {"lib/a-1.jar": inner}))
    assert places(of_file(tmp_path / "app.jar")) == {
        "pkg:generic/app": ["app.jar"],
        "pkg:maven/g/a@1": ["app.jar!/lib/a-1.jar"],
    }


SEEDS: dict[str, Maker] = {".gem": package_files.gem, ".conda": package_files.conda, ".apk": package_files.apk}
HEADS = (b"!<arch>\ndebian-binary   ", b"\xed\xab\xee\xdb", b"PK\3\4", b"ADB.pckg", b"")


@settings(max_examples=100)
@given(st.sampled_from([".deb", ".rpm", ".conda", ".gem", ".apk"]), st.sampled_from(HEADS), st.binary(max_size=2000))
def test_hostile_packages_raise_nothing_foreign(ending: str, head: bytes, rest: bytes) -> None:
    file = spool.spooled([head + rest], "x")
    catalog(FileSource(file, f"x{ending}"), [LISTS, MACHINE])


@settings(max_examples=60)
@given(st.sampled_from(sorted(SEEDS)), st.integers(min_value=0), st.binary(min_size=1, max_size=8))
def test_damaged_packages_raise_nothing_foreign(
    tmp_path_factory: pytest.TempPathFactory, ending: str, position: int, noise: bytes
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "tree").mkdir()
    (folder / "tree" / "a.list").write_bytes(b"a 1")
    data = bytearray(SEEDS[ending](folder / "tree", folder).read_bytes())
    at = position % len(data)
    data[at : at + len(noise)] = noise
    catalog(FileSource(spool.spooled([bytes(data)], "x"), f"x{ending}"), ALL)


def test_members_of_ar_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_payload, "_MAX_MEMBERS", 3)
    head = b"!<arch>\n" + b"".join(f"{'debian-binary':<48}{0:<10}`\n".encode() for _ in range(5))
    sbom = catalog(FileSource(spool.spooled([head], "x"), "x.deb"), [LISTS])
    assert [item.reason for item in sbom.skipped] == ["an ar archive with more than 3 members"]


def test_archives_in_a_gem_beside_its_data_are_not_walked(tree: Path, tmp_path: Path) -> None:
    """Its data is no archive inside of it any more: paths are those that it would have where it is unpacked."""
    found = places(of_file(package_files.gem(tree, tmp_path)))
    assert not [path for paths in found.values() for path in paths if "!/" in path]


def test_a_large_member_of_a_wheel_is_not_unpacked_into_memory(tree: Path, tmp_path: Path) -> None:
    """Libraries of some wheels have more than a gigabyte."""
    root = tmp_path / "tree"
    root.mkdir()
    (root / "a.so").write_bytes(Path("/bin/true").read_bytes() + bytes(content.MAPPED_FROM))
    (root / "b.so").write_bytes(Path("/bin/true").read_bytes())
    made = package_files.wheel(root, tmp_path)
    walk = ArchiveWalk(spool.open_file(str(made)), made.name, lambda path: (), True)
    kinds = {entry.path: type(entry.read()) for entry in walk}
    assert kinds == {"a.so": mmap.mmap, "b.so": bytes}
