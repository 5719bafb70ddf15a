"""Conan, vcpkg, LuaRocks, opam: what the fixtures do not show."""

from __future__ import annotations

import json

import pytest

from assay.ecosystems.conan import lock, reference, text
from assay.ecosystems.luarocks import lua_table, rockspec
from assay.ecosystems.opam import opam_file, package, switch
from assay.ecosystems.opam.opam_file import Item
from assay.ecosystems.vcpkg import manifest, status
from assay.errors import LimitExceeded, Malformed
from assay.model.ecosystem import File, Located


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("zlib/1.2.11", ("zlib", "1.2.11", "", "", "", "")),
        ("zlib/1.2.11@_/_", ("zlib", "1.2.11", "", "", "", "")),
        ("zlib/1.2.11@acme/stable#ffa7%1.5", ("zlib", "1.2.11", "acme", "stable", "ffa7", "")),
        ("zlib/1.2.11#0:1972#0", ("zlib", "1.2.11", "", "", "", "1972")),
        ("conanfile.py", ("", "", "", "", "", "")),
        ("None/None", ("", "None", "", "", "", "")),
    ],
)
def test_references(written: str, parts: tuple[str, ...]) -> None:
    found = reference.parse(written)
    assert (
        found.name,
        found.version,
        found.user,
        found.channel,
        found.revision,
        found.package_id,
    ) == parts


def test_a_range_is_no_version() -> None:
    (found,) = text.parse_conanfile(File("conanfile.txt", b"[requires]\npoco/[>1.0,<1.9]@acme/stable\n")).components
    assert (found.version, found.version_range) == ("", ">1.0,<1.9")


def test_a_lock_file_without_packages_is_refused_and_an_empty_one_is_not() -> None:
    for data in (b"no json", b"[]", b"{}"):
        with pytest.raises(Malformed):
            lock.parse(File("conan.lock", data))
    assert lock.parse(File("conan.lock", b'{"version": "0.5", "requires": []}')).components == ()


def test_a_node_that_needs_itself_has_no_edge() -> None:
    nodes = {"0": {"ref": "a/1", "requires": ["0", "1"]}, "1": {"ref": "a/1"}, "2": 7}
    found = lock.parse(File("conan.lock", json.dumps({"graph_lock": {"nodes": nodes}}).encode()))
    assert ([item.name for item in found.components], found.edges) == (["a"], ())


def _port(path: str, version: str, layer: int = 0) -> Located:
    text = f"Package: a\nVersion: {version}\nArchitecture: x\nStatus: install ok installed\n"
    return Located(path, layer, status.parse(File(path, text.encode())), "vcpkg-status")


def test_a_port_of_vcpkg_is_told_once_where_the_last_word_on_it_is() -> None:
    files = [_port("vcpkg/status", "1"), *(_port(f"vcpkg/updates/{number}", "1") for number in range(3))]
    assert [len(item.found.components) for item in status.assemble(files, None)] == [0, 0, 0, 1]


def test_a_status_of_vcpkg_that_a_later_layer_replaced_speaks_for_itself() -> None:
    files = [_port("vcpkg/status", "2", 1), _port("vcpkg/status", "1", 0)]
    found = [(item.layer, item.found.components[0].version) for item in status.assemble(files, None)]
    assert found == [(1, "2"), (0, "1")]


def test_vcpkg_projects_without_a_name() -> None:
    found = manifest.parse(File("vcpkg.json", b'{"dependencies": ["fmt", "fmt", [], {"name": ""}]}'))
    assert ([item.id for item in found.components], found.edges) == (["pkg:vcpkg/fmt"], ())
    with pytest.raises(Malformed):
        status.parse(File("vcpkg/status", b"hello\n"))


def test_lua_stops_where_data_ends() -> None:
    assert lua_table.read('a = "1"\nb = f(a)\nc = "3"') == {"a": "1"}
    assert lua_table.read("local a, b = 'x', [==[\ny]]]==]\nc = a .. '-' .. b") == {"a": "x", "b": "y]]", "c": "x-y]]"}
    assert lua_table.read('t = { 1, k = "v"; ["s"] = {}, -- why\n "z" }') == {
        "t": {"1": "1", "k": "v", "s": {}, "2": "z"}
    }
    assert lua_table.read("--[[ c\n]] a = 'b'") == {"a": "b"}


def test_strings_that_double_are_not_followed() -> None:
    text = "a = 'xxxxxxxxxxxxxxxx'\n" + "a = a .. a\n" * 60
    assert len(str(lua_table.read(text)["a"])) <= 1 << 20


def test_a_rockspec_without_a_package_is_refused() -> None:
    with pytest.raises(Malformed):
        rockspec.parse(File("a.rockspec", b'version = "1"\n'))


def test_opam_values() -> None:
    text = (
        'a: ["x" {>= "1" & "y"} ("z" | "w" {b})]\nurl { src: "s" }\nextra-files: [["f" "md5=0"]]\n(* c *) d: """q"r"""'
    )
    assert opam_file.read(text) == {
        "a": [Item("x", '>= "1" & "y"'), Item("z"), Item("w", "b")],
        "url.src": [Item("s")],
        "extra-files": [Item("f"), Item("md5=0")],
        "d": [Item('q"r')],
    }


@pytest.mark.parametrize("text", ["a: [", "a: ]", '"x"', "a: (* open", 'url { src: "x"', 'a: "x" {b', "a: \x01"])
def test_what_is_no_opam_file_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        opam_file.read(text)
    with pytest.raises(LimitExceeded):
        opam_file.read("a: " + "[" * 1000)


def test_other_files_of_opam_names_say_nothing() -> None:
    assert package.parse(File("usr/bin/opam", b"\x7fELF\0\0:")).components == ()
    for data in (b"usr/lib/a.so usr/lib\n", b'lib: [ "META" ]\n', b"post_install() {\n"):
        assert switch.parse_list(File("pkg.install", data)).components == ()
    assert switch.parse_list(File("debian/a.install", b"README\n")).components == ()
    with pytest.raises(Malformed):
        switch.parse_list(File("a.install", b"no-version\n"))


def test_the_name_of_an_opam_package_comes_from_its_path() -> None:
    data = b'opam-version: "2.0"\n'
    for path, identity in (
        ("clock.opam", "pkg:opam/clock"),
        ("packages/clock/clock.1.2~beta/opam", "pkg:opam/clock@1.2~beta"),
    ):
        assert package.parse(File(path, data)).components[0].id == identity
