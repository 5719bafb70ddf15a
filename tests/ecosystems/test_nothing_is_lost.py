"""Entries of lock files that name nothing: the others are read, and these are told."""

from __future__ import annotations

from importlib import import_module

import pytest

from assay.model.ecosystem import File

_PACKAGES = '[[package]]\nversion = "1"\n[[package]]\nname = "a"\nversion = "1.0"\n'
CASES = {
    "cargo.lock:parse Cargo.lock": "version = 3\n" + _PACKAGES,
    "conan.lock:parse conan.lock": '{"version": "0.5", "requires": ["zlib", "/1", 7, "a/1.0"]}',
    "hex.rebar:parse rebar.lock": '{"1.2.0",[{<<"x">>,7},{<<"a">>,{pkg,<<"a">>,<<"1.0">>},0}]}.',
    "hex.mix:parse mix.lock": '%{"b": 7, "a": {:hex, :a, "1.0"}}',
    "nuget.project:parse_config packages.config": (
        '<packages><package version="1"/><package id="a" version="1.0"/></packages>'
    ),
    "pypi.poetry:parse poetry.lock": _PACKAGES,
    "pypi.pdm:parse pdm.lock": _PACKAGES,
    "pypi.uv:parse uv.lock": "version = 1\n" + _PACKAGES,
    "pypi.pylock:parse pylock.toml": 'lock-version = "1.0"\n' + _PACKAGES.replace("package", "packages"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_names_nothing_is_told_and_the_rest_is_read(case: str) -> None:
    reads, path = case.split()
    module, _, function = reads.partition(":")
    found = getattr(import_module(f"assay.ecosystems.{module}"), function)(File(path, CASES[case].encode()))
    assert [(one.name, one.version) for one in found.components] == [("a", "1.0")]
    assert found.skipped
    assert {item.path for item in found.skipped} == {path}


def test_edges_of_a_lock_file_stay_with_their_crates() -> None:
    text = _PACKAGES + 'dependencies = ["b"]\n[[package]]\nname = "b"\n'
    found = import_module("assay.ecosystems.cargo.lock").parse(File("Cargo.lock", text.encode()))
    assert found.edges == (("pkg:cargo/a@1.0", "pkg:cargo/b"),)
