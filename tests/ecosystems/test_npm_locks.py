"""What is special in the lock files of npm, Yarn, pnpm, Bun and Deno; the plain cases are fixtures."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.ecosystems.npm import bun_lock, deno, package_lock, pnpm_lock, yarn_lock
from assay.errors import AssayError, Malformed
from assay.model.component import ComponentType, Scope
from assay.model.ecosystem import File, Found


def ids(found: Found) -> list[str]:
    return sorted(one.id for one in found.components)


def npm(**document: object) -> Found:
    return package_lock.parse(File("package-lock.json", json.dumps(document).encode()))


def test_a_link_stands_for_the_member_of_the_workspace() -> None:
    found = npm(
        name="root",
        version="1.0.0",
        packages={
            "": {"dependencies": {"member": "*"}},
            "node_modules/member": {"resolved": "packages/member", "link": True},
            "packages/member": {"name": "member", "version": "2.0.0", "devDependencies": {"a": "^1"}},
            "node_modules/a": {"version": "1.0.0", "dev": True},
        },
    )
    assert set(found.edges) == {
        ("pkg:npm/root@1.0.0", "pkg:npm/member@2.0.0"),
        ("pkg:npm/member@2.0.0", "pkg:npm/a@1.0.0"),
    }
    kinds = {one.name: (one.type, one.scope) for one in found.components}
    assert kinds["member"] == (ComponentType.APPLICATION, Scope.REQUIRED)
    assert kinds["a"] == (ComponentType.LIBRARY, Scope.EXCLUDED)


def test_version_1_knows_aliases_repositories_and_folders() -> None:
    found = npm(
        lockfileVersion=1,
        dependencies={
            "x": {"version": "npm:@s/y@1.0.0", "requires": {"b": "^1"}},
            "b": {"version": "git+ssh://git@code.example/o/b.git#1d03"},
            "c": {"version": "file:../c"},
        },
    )
    assert ids(found) == [
        "pkg:npm/%40s/y@1.0.0",
        "pkg:npm/b?vcs_url=git%2Bssh:%2F%2Fgit%40code.example%2Fo%2Fb.git%401d03",
        "pkg:npm/c",
    ]
    assert len(found.edges) == 1


def test_deep_nesting_of_version_1_is_no_recursion() -> None:
    text = '{"dependencies":' + '{"a":{"version":"1.0.0","dependencies":' * 300 + "{}" + "}}" * 300 + "}"
    assert ids(package_lock.parse(File("package-lock.json", text.encode()))) == ["pkg:npm/a@1.0.0"]


YARN = """
__metadata:
  version: 8

"a@npm:^1.0.0, a@npm:^1.1.0":
  version: 1.1.0
  resolution: "a@npm:1.1.0"
  dependencies:
    b: "npm:^2"
  peerDependencies:
    c: "*"

"b@patch:b@npm%3A^2#./b.patch::locator=root%40workspace%3A.":
  version: 2.0.0
  resolution: "b@patch:b@npm%3A2.0.0#./b.patch::version=2.0.0&hash=1d03"

? "b@npm:^2"
:
  version: 2.0.0
  resolution: "b@npm:2.0.0"

"root@workspace:packages/root":
  version: 0.0.0-use.local
  resolution: "root@workspace:packages/root"
  dependencies:
    a: ^1.0.0
  linkType: soft
"""


def test_berry_knows_workspaces_patches_and_long_keys() -> None:
    found = yarn_lock.parse(File("yarn.lock", YARN.encode()))
    assert ids(found) == ["pkg:npm/a@1.1.0", "pkg:npm/b@2.0.0", "pkg:npm/root"]
    assert set(found.edges) == {("pkg:npm/root", "pkg:npm/a@1.1.0"), ("pkg:npm/a@1.1.0", "pkg:npm/b@2.0.0")}


def test_yarn_without_an_entry_is_malformed_and_with_a_bad_line_is_told() -> None:
    with pytest.raises(Malformed):
        yarn_lock.parse(File("yarn.lock", b"this is not a lock file\n"))
    found = yarn_lock.parse(File("yarn.lock", b'a@^1:\n  version "1.0.0"\n<<<<<<< HEAD\nb@^1:\n  version "1.0.0"\n'))
    assert ids(found) == ["pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0"]
    assert len(found.skipped) == 1


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("/foo/1.0.0", ("foo", "1.0.0")),
        ("/@s/foo/1.0.0_bar@2.0.0", ("@s/foo", "1.0.0")),
        ("/foo@1.0.0(bar@2.0.0)(@s/x@1.0.0)", ("foo", "1.0.0")),
        ("/@s/foo@1.0.0-rc.1", ("@s/foo", "1.0.0-rc.1")),
        ("foo@1.0.0", ("foo", "1.0.0")),
        ("@s/foo@1.0.0", ("@s/foo", "1.0.0")),
        ("registry.example/@s/foo/1.0.0", ("@s/foo", "1.0.0")),
        ("registry.example/foo@1.0.0", ("foo", "1.0.0")),
        ("/foo/1.0.0/bar@2.0.0", ("foo", "1.0.0")),
        ("foo@https://code.example/o/foo/tar.gz/1d03", ("foo", "https://code.example/o/foo/tar.gz/1d03")),
        ("/foo/bar", ("foo", "")),
        ("file:../x", ("", "")),
    ],
)
def test_the_keys_of_all_versions_of_pnpm(key: str, expected: tuple[str, str]) -> None:
    assert pnpm_lock._split(key) == expected


def test_an_empty_pnpm_lock_is_empty_and_text_is_malformed() -> None:
    assert pnpm_lock.parse(File("pnpm-lock.yaml", b"")) == Found()
    with pytest.raises(Malformed):
        pnpm_lock.parse(File("pnpm-lock.yaml", b"this is text"))


def test_bun_finds_the_nearest_package_and_knows_the_workspace() -> None:
    text = """{ // comment
      "workspaces": {"": {"name": "root", "dependencies": {"m": "workspace:*"}},
                     "packages/m": {"name": "m", "version": "1.0.0", "devDependencies": {"@s/a": "^1"}}},
      "packages": {
        "m": ["m@workspace:packages/m"],
        "@s/a": ["@s/a@1.0.0", "", {"dependencies": {"b": "^2"}}, "sha512-xx"],
        "@s/a/b": ["b@2.0.0", "", {}],
        "b": ["b@github:o/b#1d03", {}, "o-b-1d03"],
      },
    }"""
    found = bun_lock.parse(File("bun.lock", text.encode()))
    git = "pkg:npm/b?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fo%2Fb.git%401d03"
    assert ids(found) == ["pkg:npm/%40s/a@1.0.0", git, "pkg:npm/b@2.0.0", "pkg:npm/m@1.0.0", "pkg:npm/root"]
    assert ("pkg:npm/%40s/a@1.0.0", "pkg:npm/b@2.0.0") in found.edges
    assert {one.id: one.scope for one in found.components}["pkg:npm/b@2.0.0"] is Scope.EXCLUDED


@pytest.mark.parametrize(
    "document",
    [
        {
            "npm": {
                "specifiers": {"a@1": "a@1.0.0"},
                "packages": {"a@1.0.0": {"dependencies": {"b": "b@2.0.0"}}, "b@2.0.0": {}},
            }
        },
        {
            "packages": {
                "specifiers": {"npm:a@1": "npm:a@1.0.0"},
                "npm": {"a@1.0.0": {"dependencies": {"b": "b@2.0.0"}}, "b@2.0.0": {}},
            }
        },
        {"specifiers": {"npm:a@1": "1.0.0"}, "npm": {"a@1.0.0": {"dependencies": ["b"]}, "b@2.0.0": {}}},
        {
            "specifiers": {"npm:a@1": "1.0.0_b@2.0.0"},
            "npm": {"a@1.0.0_b@2.0.0": {"dependencies": ["b@2.0.0"]}, "b@2.0.0": {}},
        },
    ],
)
def test_all_versions_of_deno(document: dict[str, object]) -> None:
    found = deno.parse_lock(File("deno.lock", json.dumps(document).encode()))
    assert ids(found) == ["pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"]
    assert found.edges == (("pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"),)


def test_deno_knows_jsr_and_versioned_modules() -> None:
    document = {
        "specifiers": {"jsr:@std/path@1": "1.0.8"},
        "jsr": {"@std/path@1.0.8": {"integrity": "0" * 64}},
        "remote": {"https://deno.example/x/oak@v12.6.1/mod.ts": "1d", "https://deno.example/plain.ts": "1d"},
    }
    found = deno.parse_lock(File("deno.lock", json.dumps(document).encode()))
    assert [(one.name, one.version) for one in found.components] == [("path", "1.0.8"), ("oak", "12.6.1")]


def test_deno_json_declares_what_it_imports() -> None:
    text = b'{"imports": {"a": "npm:a@^1.0", "@std/path": "jsr:@std/path@1.0.8/posix", "x": "./x.ts"}} // end'
    found = deno.parse_manifest(File("deno.json", text))
    assert [(one.id, one.version_range) for one in found.components] == [
        ("pkg:npm/a", "^1.0"),
        ("pkg:jsr/%40std/path@1.0.8", ""),
    ]


@given(
    st.lists(
        st.sampled_from(['"', "a@^1", ":", "\n", "  ", "version", " ", "? ", ",", "dependencies", "@s/b@npm:2", "#"])
    )
)
def test_any_mixture_of_yarns_tokens_is_read_or_refused(tokens: list[str]) -> None:
    try:
        yarn_lock.parse(File("yarn.lock", "".join(tokens).encode()))
    except AssayError:
        return
