"""Cargo: manifests, lock files, and the dependency list in binaries."""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.cargo import binary, lock, manifest
from assay.errors import AssayError, LimitExceeded, Malformed
from assay.formats import executable
from assay.model.component import ComponentType, Scope
from assay.model.ecosystem import File, Located
from assay.model.executable import Executable, ExecutableFormat

_AUDIT = {
    "packages": [
        {"name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build"},
        {"name": "log", "version": "0.4.29", "source": "crates.io"},
        {"name": "tool", "version": "1.0.0", "source": "local", "dependencies": [0, 1, 9, -1, "x"], "root": True},
    ]
}


def _binary(data: bytes) -> File:
    image = Executable(ExecutableFormat.ELF, sections={".dep-v0": (4, len(data))})
    return File("bin/tool", bytes(4) + data, 0o755, image)


def test_audited_binary() -> None:
    found = binary.parse(_binary(zlib.compress(json.dumps(_AUDIT).encode())))
    cc, log, tool = found.components
    assert found.edges == ((tool.id, cc.id), (tool.id, log.id))
    assert (cc.scope, log.scope, tool.type) == (Scope.EXCLUDED, Scope.REQUIRED, ComponentType.APPLICATION)


def test_audited_binary_that_is_broken() -> None:
    with pytest.raises(Malformed):
        binary.parse(_binary(b"no zlib"))
    with pytest.raises(LimitExceeded):
        binary.parse(_binary(zlib.compress(bytes(9 << 20))))
    assert binary.parse(File("bin/other", b"#!/bin/sh\n")).components == ()


def test_uv_tells_the_same_as_its_own_sbom() -> None:
    """The wheel of uv carries a binary with .dep-v0 and, beside it, a CycloneDX document of the same build."""
    try:
        files = distribution("uv").files or []
    except PackageNotFoundError:
        if os.environ.get("ASSAY_REQUIRE_ALL") == "1":
            pytest.fail("the test package uv is missing")
        pytest.skip("the test package uv is missing")
    paths = [Path(str(file.locate())) for file in files]
    program = next(path for path in paths if path.name in ("uv", "uv.exe"))
    document = json.loads(next(path for path in paths if path.name == "uv.cyclonedx.json").read_text())
    told = {(item["name"], item["version"]) for item in (*document["components"], document["metadata"]["component"])}
    content = program.read_bytes()
    found = binary.parse(File("bin/uv", content, 0o755, executable.read(content)))
    assert {(item.name, item.version) for item in found.components} == told
    assert len(found.edges) > len(found.components)


def test_manifest_tables_and_requirements() -> None:
    text = b"""
[package]
name = "tool"
version = "1.0.0"
license = "MIT/Apache-2.0"
repository = "https://git.example/tool"
[dependencies]
log = "0.4"
serde = { version = "=1.0.228", optional = true }
regex = { git = "https://git.example/regex", rev = "0c09903" }
near = { path = "../near" }
new-name = { package = "real", version = "2" }
[build-dependencies]
cc = "1"
[target.'cfg(unix)'.dev-dependencies]
tempfile = "3"
"""
    found = manifest.parse(File("Cargo.toml", text))
    tool, *rest = found.components
    assert [(item.name, item.version, item.version_range, str(item.scope)) for item in rest] == [
        ("log", "", "0.4", "required"),
        ("serde", "1.0.228", "", "optional"),
        ("regex", "", "", "required"),
        ("real", "", "2", "required"),
        ("cc", "", "1", "excluded"),
        ("tempfile", "", "3", "excluded"),
    ]
    assert rest[2].purl is not None
    assert rest[2].purl.qualifier("vcs_url") == "git+https://git.example/regex@0c09903"
    assert [(need.dependent, need.names) for need in found.needs] == [(tool.id, ("near",))]
    assert [reference.type for reference in tool.references] == ["vcs"]


def test_wrong_types_are_taken_as_absent() -> None:
    found = manifest.parse(File("Cargo.toml", b"dependencies = 3\npackage = [1]\ntarget = { a = 1 }\n"))
    assert found.components == ()
    assert lock.parse(File("Cargo.lock", b"package = 3\n")).components == ()


def test_assemble_without_a_workspace() -> None:
    file = Located(
        "a/Cargo.toml", -1, manifest.parse(File("a/Cargo.toml", b"[dependencies]\nlog = '1'\n")), "cargo-toml"
    )
    assert [item.name for item in manifest.assemble([file], None)[0].found.components] == ["log"]


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_foreign(data: bytes) -> None:
    for parse in (manifest.parse, lock.parse):
        with contextlib.suppress(AssayError):
            parse(File("x", data))
    with contextlib.suppress(AssayError):
        binary.parse(_binary(data))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["packages", "name", "version", "dependencies", "kind", "root"]), inner)
    ),
    max_leaves=12,
)


@given(_JSON)
def test_audit_data_of_any_shape(value: object) -> None:
    with contextlib.suppress(AssayError):
        binary.parse(_binary(zlib.compress(json.dumps({"packages": [value]}).encode())))
    with contextlib.suppress(AssayError):
        binary.parse(_binary(zlib.compress(json.dumps(value).encode())))
