"""NuGet: built programs, lock and project files, Paket, version resources of assemblies."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import struct
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.nuget import assembly, lock, package, paket, project, runtime
from assay.errors import AssayError, Malformed
from assay.formats import executable
from assay.model.component import ComponentType, Scope
from assay.model.ecosystem import File, Located

_SHA512 = base64.b64encode(bytes(64)).decode()


def _block(key: str, value: bytes, *children: bytes, words: bool = False) -> bytes:
    head = key.encode("utf-16-le") + b"\0\0"
    body = bytes(-(6 + len(head)) % 4) + value
    for child in children:
        body += bytes(-(6 + len(head) + len(body)) % 4) + child
    size = len(value) // 2 if words else len(value)
    return struct.pack("<HHH", 6 + len(head) + len(body), size, words) + head + body


def _assembly(strings: dict[str, str], cli: int = 72) -> bytes:
    """A PE file of one section with a version resource and, maybe, a CLI header."""
    rows = [_block(key, value.encode("utf-16-le") + b"\0\0", words=True) for key, value in strings.items()]
    table = _block("040904b0", b"", *rows)
    version = _block("VS_VERSION_INFO", bytes(52), _block("StringFileInfo", b"", table))
    entry = struct.pack("<12xHH", 0, 1)
    tree = entry + struct.pack("<II", 16, 0x80000018) + entry + struct.pack("<II", 1, 0x80000030)
    tree += entry + struct.pack("<II", 1033, 0x48) + struct.pack("<IIII", 0x2058, len(version), 0, 0)
    resources = tree + version
    directories = [(0, 0)] * 16
    directories[2], directories[14] = (0x2000, len(resources)), (0x2000 if cli else 0, cli)
    pairs = b"".join(struct.pack("<II", *pair) for pair in directories)
    optional = struct.pack("<H", 0x10B) + bytes(90) + struct.pack("<I", 16) + pairs
    coff = struct.pack("<HHIIIHH", 0x14C, 1, 0, 0, 0, len(optional), 0x2102)
    section = struct.pack("<8sIIII12xI", b".rsrc", len(resources), 0x2000, len(resources), 512, 0x40000040)
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + coff + optional + section
    return head.ljust(512, b"\0") + resources


_TOLD = {"CompanyName": "Sample", "OriginalFilename": "Sample.Text.dll", "ProductVersion": "2.1.0-rc.1+abc"}


def test_assembly() -> None:
    (found,) = assembly.parse(File("app/Sample.Text.dll", _assembly(_TOLD))).components
    assert (found.id, found.supplier) == ("pkg:nuget/Sample.Text@2.1.0-rc.1", "Sample")
    (found,) = assembly.parse(File("app/a.exe", _assembly({"FileVersion": "1.2.3.4"}))).components
    assert (found.id, found.type) == ("pkg:nuget/a@1.2.3.4", ComponentType.APPLICATION)


def test_other_pe_files_are_not_told() -> None:
    assert assembly.parse(File("a.dll", _assembly(_TOLD, cli=0))).components == ()
    assert assembly.parse(File("a.dll", b"MZ")).components == ()


def test_deps_json_and_its_assemblies() -> None:
    document = {
        "targets": {"net8": {"App/1.0": {"dependencies": {"Sample.Text": "2.1.0"}}, "Sample.Text/2.1.0": {}}},
        "libraries": {
            "App/1.0": {"type": "project"},
            "Sample.Text/2.1.0": {"type": "package", "sha512": f"sha512-{_SHA512}"},
            "Ref/1.0": {"type": "reference"},
        },
    }
    deps = runtime.parse_deps(File("app/App.deps.json", json.dumps(document).encode()))
    app, text = deps.components
    assert deps.edges == ((app.id, text.id),)
    assert (app.type, [str(item) for item in text.digests]) == (ComponentType.APPLICATION, ["sha512:" + "0" * 128])
    dll = assembly.parse(File("app/Sample.Text.dll", _assembly(_TOLD)))
    files = [Located("app/App.deps.json", -1, deps, "nuget-deps"), Located("app/x.dll", -1, dll, "nuget-assembly")]
    assert [len(file.found.components) for file in project.assemble(files, None)] == [2, 0]


def _installed(package: str, name: str) -> bytes:
    """A file out of an installed test package, made by the .NET tools of its authors."""
    try:
        files = distribution(package).files or []
    except PackageNotFoundError:
        if os.environ.get("ASSAY_REQUIRE_ALL") == "1":
            pytest.fail(f"the test package {package} is missing")
        pytest.skip(f"the test package {package} is missing")
    return Path(str(next(file for file in files if file.name == name).locate())).read_bytes()


def test_real_assembly_tells_the_version_of_its_package() -> None:
    data = _installed("pythonnet", "Python.Runtime.dll")
    (found,) = assembly.parse(File("lib/Python.Runtime.dll", data, 0o644, executable.read(data))).components
    assert (found.name, found.version) == ("Python.Runtime", distribution("pythonnet").version)


def test_real_deps_json() -> None:
    data = _installed("pythonnet", "Python.Runtime.deps.json")
    found = runtime.parse_deps(File("lib/Python.Runtime.deps.json", data))
    assert {f"{item.name}/{item.version}" for item in found.components} == set(json.loads(data)["libraries"])
    assert f"pkg:nuget/Python.Runtime@{distribution('pythonnet').version}" in {a for a, _ in found.edges}


def test_assets_of_a_restore() -> None:
    document = {
        "targets": {"net8": {"A/1.0": {"dependencies": {"B": "1.0"}}, "B/2.0": {}}},
        "libraries": {"A/1.0": {"type": "package", "sha512": _SHA512}, "B/2.0": {"type": "package"}},
        "project": {
            "version": "3.0",
            "restore": {"projectName": "App"},
            "frameworks": {"net8": {"dependencies": {"a": {}}}},
        },
    }
    found = runtime.parse_assets(File("obj/project.assets.json", json.dumps(document).encode()))
    root, a, b = (item.id for item in found.components)
    assert found.edges == ((root, a), (a, b))


def test_lock() -> None:
    rows = {
        "A": {"type": "Direct", "resolved": "1.0", "contentHash": _SHA512, "dependencies": {"b": "[1.0, )"}},
        "B": {"type": "Transitive", "resolved": "1.1"},
        "P": {"type": "Project"},
    }
    found = lock.parse(File("packages.lock.json", json.dumps({"dependencies": {"net8": rows}}).encode()))
    assert [item.id for item in found.components] == ["pkg:nuget/A@1.0", "pkg:nuget/B@1.1", "pkg:nuget/P"]
    assert found.edges == (("pkg:nuget/A@1.0", "pkg:nuget/B@1.1"),)


def test_project_with_central_versions() -> None:
    props = b"""<Project><PropertyGroup><V>2.0</V></PropertyGroup><ItemGroup>
    <PackageVersion Include="A" Version="$(V)"/></ItemGroup></Project>"""
    text = b"""<Project xmlns="http://schemas.microsoft.com/developer/msbuild/2003"><ItemGroup>
    <PackageReference Include="A"/><PackageReference Include="B"><Version>[1.0,2.0)</Version></PackageReference>
    <PackageReference Include="C" Version="1.0" PrivateAssets="all"/><PackageReference Include="D" Version="1.*"/>
    </ItemGroup></Project>"""
    files = [
        Located(path, -1, project.parse(File(path, data)), "nuget-project")
        for path, data in (("Directory.Packages.props", props), ("src/app.csproj", text))
    ]
    found = {item.name: item for item in project.assemble(files, None)[1].found.components}
    assert {name: item.version or item.version_range for name, item in found.items()} == {
        "A": "2.0",
        "B": "[1.0,2.0)",
        "C": "1.0",
        "D": "1.*",
    }
    assert found["C"].scope is Scope.EXCLUDED


def test_packages_config() -> None:
    text = b'<packages><package id="A" version="1.0"/>'
    text += b'<package id="B" version="2" developmentDependency="true"/></packages>'
    found = project.parse_config(File("packages.config", text)).components
    assert [(item.id, item.scope) for item in found] == [
        ("pkg:nuget/A@1.0", Scope.REQUIRED),
        ("pkg:nuget/B@2", Scope.EXCLUDED),
    ]
    with pytest.raises(Malformed):
        project.parse_config(File("packages.config", b"<other/>"))


def test_paket() -> None:
    text = (
        "NUGET\n  remote: https://nuget.example/v3/index.json\n    A (1.0) - restriction: >= net6.0\n      B (>= 1.0)\n"
        "    B (1.1)\nGROUP Test\nNUGET\n  remote: x\n    T (2.0)\nGITHUB\n  remote: o/r\n    src/F.fs (abc123)\n"
    )
    found = paket.parse_lock(File("paket.lock", text.encode()))
    assert [item.id for item in found.components] == [
        "pkg:nuget/A@1.0",
        "pkg:nuget/B@1.1",
        "pkg:nuget/T@2.0",
        "pkg:github/o/r@abc123#src/F.fs",
    ]
    assert found.edges == (("pkg:nuget/A@1.0", "pkg:nuget/B@1.1"),)
    assert found.components[2].scope is Scope.EXCLUDED
    asked = paket.parse_dependencies(File("paket.dependencies", b"source x\nnuget A ~> 1.2\nnuget B 2.0\nnuget C\n"))
    rows = [(item.name, item.version, item.version_range) for item in asked.components]
    assert rows == [("A", "", "~> 1.2"), ("B", "2.0", ""), ("C", "", "")]


def test_versions() -> None:
    assert package.split("[1.0]") == ("1.0", "")
    assert package.split("(,1.0]") == ("", "(,1.0]")
    assert package.split("$(Unknown)") == ("", "")


_PARSERS = (
    assembly.parse,
    lock.parse,
    paket.parse_lock,
    paket.parse_dependencies,
    project.parse,
    project.parse_config,
    runtime.parse_assets,
    runtime.parse_deps,
)


@given(
    st.binary(max_size=200)
    | st.sampled_from([b'{"libraries": {"a": 1, "b/1": []}, "targets": [1]}', b'{"targets":{"a":1}}'])
)
def test_arbitrary_bytes_raise_nothing_foreign(data: bytes) -> None:
    for parse in _PARSERS:
        with contextlib.suppress(AssayError):
            parse(File("x", data))


@given(st.data())
def test_mutated_assemblies(data: st.DataObject) -> None:
    changed = bytearray(_assembly(_TOLD))
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(64, len(changed) - 1))] = data.draw(st.integers(0, 255))
    assembly.parse(File("a.dll", bytes(changed[: data.draw(st.integers(100, len(changed)))])))
    assembly.parse(File("a.dll", bytes(changed)))
