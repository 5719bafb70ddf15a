"""Go: build information in binaries (built here by the go tool), module, checksum and vendor files."""

from __future__ import annotations

import contextlib
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.golang import binary, buildinfo, gomod, gosum, vendored
from assay.errors import AssayError
from assay.formats import executable
from assay.model.component import Component, ComponentType
from assay.model.ecosystem import File, Located
from assay.model.executable import Executable, ExecutableFormat

PROOF = ("golang", "native")

_MARK = bytes(16)
_TEXT = (
    "path\tsample.example/tool/cmd/tool\n"
    "mod\tsample.example/tool\t(devel)\t\n"
    "dep\tsample.example/lib\tv1.0.0\th1:YWJj=\n"
    "dep\tsample.example/old\tv1.0.0\n"
    "=>\tsample.example/new\tv2.0.0\th1:ZGVm=\n"
    "build\tvcs.revision=0123456789abcdef0123\n"
    "build\tvcs.time=2026-01-02T03:04:05Z\n"
)


def _need_go() -> str:
    go = shutil.which("go")
    if go is None:
        if os.environ.get("ASSAY_REQUIRE_ALL") == "1":
            pytest.fail("the go tool is missing")
        pytest.skip("the go tool is missing")
    return go


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module of ours with a replaced local module; nothing is downloaded."""
    folder = tmp_path_factory.mktemp("go")
    (folder / "lib").mkdir()
    (folder / "lib" / "go.mod").write_text("module sample.example/lib\n\ngo 1.18\n")
    (folder / "lib" / "lib.go").write_text('package lib\n\nconst Name = "lib"\n')
    (folder / "go.mod").write_text(
        "module sample.example/tool\n\ngo 1.18\n\nrequire sample.example/lib v1.2.3\n\n"
        "replace sample.example/lib => ./lib\n"
    )
    (folder / "main.go").write_text(
        'package main\n\nimport "sample.example/lib"\n\nvar version = ""\n\n'
        "func main() { println(lib.Name, version) }\n"
    )
    return folder


def _build(folder: Path, system: str, arch: str, flags: tuple[str, ...] = ("-trimpath",)) -> Path:
    target = folder / f"tool-{system}-{arch}{len(flags)}"
    environment = os.environ | {"GOOS": system, "GOARCH": arch, "GOFLAGS": "-mod=mod", "GOPROXY": "off"}
    environment |= {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
    command = [_need_go(), "build", *flags, "-o", str(target), "."]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return target


def _parse(path: Path) -> tuple[Component, ...]:
    content = path.read_bytes()
    image = executable.read(content, frozenset({".go.buildinfo", "__go_buildinfo"}))
    return binary.parse(File(path.name, content, 0o755, image)).components


def _told(path: Path) -> list[list[str]]:
    command = [_need_go(), "version", "-m", str(path)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line.split("\t") for line in output.splitlines()]


@pytest.mark.parametrize(("system", "arch"), [("linux", "amd64"), ("windows", "amd64"), ("darwin", "arm64")])
def test_binary_as_go_version_tells(sample: Path, system: str, arch: str) -> None:
    path = _build(sample, system, arch, ("-trimpath", "-ldflags=-s -w"))
    main, lib, stdlib = _parse(path)
    told = _told(path)
    release = told[0][0].rpartition(" ")[2]
    rows = {row[1]: row[2] for row in told[1:] if len(row) > 2 and row[1] in ("mod", "dep")}
    assert rows == {"mod": main.name, "dep": lib.name}
    assert f"go{stdlib.version}" == release
    assert (main.type, main.version, lib.version) == (ComponentType.APPLICATION, "", "")
    assert {item.name: item.value for item in lib.properties} == {"assay:golang:replaced-by": "./lib"}
    assert {item.name: item.value for item in main.properties}["assay:golang:GOOS"] == system


def test_version_from_the_linker_flags(sample: Path) -> None:
    main = _parse(_build(sample, "linux", "arm64", ("-ldflags=-s -X main.version=1.4.0",)))[0]
    assert str(main.purl) == "pkg:golang/sample.example/tool@1.4.0"


def _inline(text: str, release: str = "go1.22.1") -> tuple[bytes, Executable]:
    marked = _MARK + text.encode() + _MARK
    length = bytes([len(marked) & 0x7F | 0x80, len(marked) >> 7])
    head = b"\xff Go buildinf:" + bytes([8, 2]) + bytes(16)
    data = bytes(64) + head + bytes([len(release)]) + release.encode() + length + marked
    return data, Executable(ExecutableFormat.ELF, sections={".go.buildinfo": (64, len(data) - 64)})


def test_pseudo_version_and_replacement() -> None:
    data, image = _inline(_TEXT)
    main, lib, new, stdlib = binary.parse(File("tool", data, executable=image)).components
    assert main.version == "v0.0.0-20260102030405-0123456789ab"
    assert {item.name: item.value for item in main.properties}["assay:golang:package"].endswith("/cmd/tool")
    assert [item.value for item in lib.properties] == ["h1:YWJj="]
    assert (new.id, new.properties[1].value) == ("pkg:golang/sample.example/new@v2.0.0", "sample.example/old@v1.0.0")
    assert stdlib.cpes == ("cpe:2.3:a:golang:go:1.22.1:*:*:*:*:*:*:*",)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("sample.example/cli/cmd/cli", ["pkg:golang/sample.example/cli/cmd/cli@28.2.2"]),
        ("cmd/gofmt", ["pkg:golang/cmd/gofmt@1.22.1"]),
        ("command-line-arguments", []),
    ],
)
def test_programs_built_outside_of_a_module(path: str, expected: list[str]) -> None:
    """As the docker client is: a path, and no module."""
    flags = '-ldflags=" -X \\"sample.example/cli/version.Version=28.2.2\\" -extldflags -static"'
    data, image = _inline(f"path\t{path}\nbuild\t{flags}\n")
    found = binary.parse(File("tool", data, executable=image))
    assert [item.id for item in found.components] == [*expected, "pkg:golang/stdlib@1.22.1"]
    assert found.edges == tuple((name, "pkg:golang/stdlib@1.22.1") for name in expected)


@pytest.mark.parametrize("order", ["<", ">"])
def test_pointer_format(order: str) -> None:
    """Go 1.13 to 1.17: the header points to string headers, which point to the strings."""
    base, text = 0x400000, _MARK + _TEXT.encode() + _MARK
    ident = b"\x7fELF\x02" + (b"\x01" if order == "<" else b"\x02") + bytes(10)
    header = ident + struct.pack(order + "HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    program = struct.pack(order + "IIQQQQQQ", 1, 4, 0, base, base, 4096, 4096, 4096)
    info = b"\xff Go buildinf:" + bytes([8, order == ">"]) + struct.pack(order + "QQ", base + 256, base + 272)
    strings = struct.pack(order + "QQQQ", base + 512, 8, base + 528, len(text))
    data = (header + program).ljust(160, b"\0") + info
    data = (data.ljust(256, b"\0") + strings).ljust(512, b"\0") + b"go1.17.2".ljust(16, b"\0") + text
    data = data.ljust(4096, b"\0")
    image = Executable(ExecutableFormat.ELF, sections={".go.buildinfo": (160, 32)})
    found = buildinfo.read(data, image)
    assert found is not None
    assert found.release == "go1.17.2"
    assert [item.path for item in found.dependencies] == ["sample.example/lib", "sample.example/old"]


def test_other_executables_have_none() -> None:
    data = Path("/bin/sh").resolve().read_bytes()
    assert binary.parse(File("bin/sh", data)).components == ()


def test_module_file() -> None:
    text = (
        "module sample.example/tool // the tool\ngo 1.20\ntoolchain go1.21.5\n"
        'require sample.example/a v1.0.0\nrequire (\n\t"sample.example/b" v1.1.0 // indirect\n)\n'
        "replace sample.example/b => sample.example/c v1.2.0\nexclude sample.example/a v1.0.0\n"
        "retract [v1.0.0, v1.1.0]\n"
    )
    found = gomod.parse(File("go.mod", text.encode()))
    assert [item.id for item in found.components] == [
        "pkg:golang/sample.example/tool",
        "pkg:golang/sample.example/a@v1.0.0",
        "pkg:golang/sample.example/c@v1.2.0",
        "pkg:golang/stdlib@1.21.5",
    ]
    assert [edge[1] for edge in found.edges] == ["pkg:golang/sample.example/a@v1.0.0", "pkg:golang/stdlib@1.21.5"]
    assert found.components[1].properties[0].name == "assay:golang:excluded"


def test_broken_module_file() -> None:
    with pytest.raises(AssayError):
        gomod.parse(File("go.mod", b"this is no module file"))
    found = gomod.parse(File("go.mod", b"module a\nrequire b\n"))
    assert found.skipped[0].path == "go.mod"


def test_workspace() -> None:
    found = gomod.parse_workspace(File("go.work", b"go 1.22\nuse (\n\t./a\n)\n"))
    assert [item.version_range for item in found.components] == [">=1.22"]


def test_module_file_before_pruning_takes_the_rest_from_the_sums() -> None:
    mod = Located(
        "a/go.mod", -1, gomod.parse(File("a/go.mod", b"module m\ngo 1.16\nrequire x/y v1.0.0\n")), "golang-mod"
    )
    lines = b"x/y v1.0.0 h1:a=\nx/y v1.0.0/go.mod h1:b=\nx/z v1.1.0 h1:c=\n"
    sums = Located("a/go.sum", -1, gosum.parse(File("a/go.sum", lines)), "golang-sum")
    done = gosum.assemble([mod, sums], None)[0].found.components
    assert [item.id for item in done][1:] == ["pkg:golang/x/y@v1.0.0", "pkg:golang/stdlib", "pkg:golang/x/z@v1.1.0"]


def test_broken_vendor_list() -> None:
    with pytest.raises(AssayError):
        vendored.parse(File("vendor/modules.txt", b"# nothing here at all\n"))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_foreign(data: bytes) -> None:
    for parse in (gomod.parse, gomod.parse_workspace, gosum.parse, vendored.parse):
        with contextlib.suppress(AssayError):
            parse(File("x", data))


@given(st.data())
def test_mutated_build_information(data: st.DataObject) -> None:
    content, image = _inline(_TEXT)
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(64, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(AssayError):
        binary.parse(File("tool", bytes(changed), executable=image))
