"""Hex and OTP: what the fixtures do not show."""

from __future__ import annotations

import pytest

from assay.ecosystems.hex import gleam, mix, rebar
from assay.ecosystems.otp import application
from assay.errors import Malformed
from assay.model.ecosystem import File


def test_a_broken_entry_does_not_spoil_the_others() -> None:
    text = b'%{\n  "a": {:hex, :a, "1", "0", [:mix], [], "hexpm", "0"},\n  "b": {:hex, :b, ],\n}\n'
    found = mix.parse(File("mix.lock", text))
    assert [item.id for item in found.components] == ["pkg:hex/a@1"]
    assert found.skipped[0].path == "mix.lock"


def test_what_is_no_lock_file_is_refused() -> None:
    for data in (b"", b"hello {", b"[1]"):
        with pytest.raises(Malformed):
            mix.parse(File("mix.lock", data))
    with pytest.raises(Malformed):
        rebar.parse(File("rebar.lock", b'"x".\n'))


def test_the_name_of_the_package_is_not_that_of_the_application() -> None:
    found = mix.parse(File("mix.lock", b'%{"app": {:hex, :package, "1", "0", [:mix], [], "mirror", "0"}}'))
    assert found.components[0].id == "pkg:hex/package@1?repository_url=mirror"


def test_the_first_form_of_rebar_lock() -> None:
    found = rebar.parse(File("rebar.lock", b'[{<<"a">>,{pkg,<<"b">>,<<"1">>},0},{<<"c">>,{raw,x},0}].\n'))
    assert [item.id for item in found.components] == ["pkg:hex/b@1"]


def test_a_manifest_of_something_else_says_nothing() -> None:
    assert gleam.parse(File("manifest.toml", b'packages = ["a"]\n')).components == ()


def test_things_called_app_are_not_all_applications() -> None:
    assert application.parse(File("a.app", b"\x7fELF")).components == ()
    with pytest.raises(Malformed):
        application.parse(File("a.app", b"{applications, x}.\n"))


def test_atoms_become_plain_text() -> None:
    found = mix.parse(File("mix.lock", b'%{"a": {:hex, :package, "1", "0", [:mix], [], :mirror, "0"}}'))
    assert type(found.components[0].name) is str
    (other,) = rebar.parse(File("rebar.lock", b'[{a,{pkg,b,<<"1">>},0}].\n')).components
    assert type(other.name) is str
