"""CocoaPods, SwiftPM, pub, Haskell, R, Julia, Perl, Prolog, Terraform, WordPress, GitHub Actions: the corners."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.adapters.directory import Directory
from assay.ecosystems import discover
from assay.ecosystems.cocoapods import lock as pods
from assay.ecosystems.cpan import installed, meta
from assay.ecosystems.cran import description, renv, terms
from assay.ecosystems.github_actions import target, uses
from assay.ecosystems.hackage import freeze, stack
from assay.ecosystems.julia import manifest as julia
from assay.ecosystems.pub import lock as pub
from assay.ecosystems.pub import manifest as pubspec
from assay.ecosystems.swift import resolved
from assay.ecosystems.terraform import lock as terraform
from assay.ecosystems.wordpress import header
from assay.engines.catalog import catalog
from assay.errors import Malformed
from assay.model.ecosystem import File, Found


def ids(found: Found) -> list[str]:
    return [component.id for component in found.components]


def test_pods() -> None:
    with pytest.raises(Malformed):
        pods.parse(File("Podfile.lock", b"invalid\n"))
    with pytest.raises(Malformed, match="no list"):
        pods.parse(File("Podfile.lock", b"PODS: {a: b}\n"))
    found = pods.parse(File("Podfile.lock", b"PODS:\n  - A (= 1.10)\n  - B\n"))
    assert (ids(found), len(found.skipped)) == (["pkg:cocoapods/A@1.10"], 1)


@pytest.mark.parametrize(
    ("location", "identity"),
    [
        ("https://Git.example/Acme/Clock.git", "pkg:swift/git.example/Acme/Clock@1"),
        ("git@git.example:acme/deep/clock", "pkg:swift/git.example/acme/deep/clock@1"),
        ("ssh://git@git.example/acme/clock.git/", "pkg:swift/git.example/acme/clock@1"),
    ],
)
def test_swift_locations(location: str, identity: str) -> None:
    data = f'{{"pins": [{{"identity": "x", "location": "{location}", "state": {{"version": "1"}}}}]}}'
    assert ids(resolved.parse(File("Package.resolved", data.encode()))) == [identity]


def test_swift_without_pins_is_refused() -> None:
    for data in (b"{}", b'{"pins": {}}', b"no"):
        with pytest.raises(Malformed):
            resolved.parse(File("Package.resolved", data))


def test_versions_of_pub_stay_text() -> None:
    assert ids(pub.parse(File("pubspec.lock", b"packages:\n  a:\n    version: 1.10\n"))) == ["pkg:pub/a@1.10"]
    with pytest.raises(Malformed):
        pubspec.parse(File("pubspec.yaml", b"dependencies: {}\n"))


def test_frozen_constraints() -> None:
    found = freeze.parse(File("x", b"constraints: a ==1.0, any.b==2,\n  any.c  >=1\n && <2, any.d installed, a +f -g"))
    assert [(item.id, item.version_range) for item in found.components] == [
        ("pkg:hackage/a@1.0", ""),
        ("pkg:hackage/b@2", ""),
        ("pkg:hackage/c", ">=1 && <2"),
        ("pkg:hackage/d", ""),
    ]
    assert found.skipped == ()
    with pytest.raises(Malformed):
        freeze.parse(File("x", b"constraints:\nfoo\nfoo\n"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("any.a ==1.*", [("", "==1.*")]),
        ("any.a ==1 || ==2", [("", "==1 || ==2")]),
        ("app:setup.any.a ==1", [("1", "")]),
        ("setup.a source", [("", "")]),
        ("any.a (>=1)", [("", "(>=1)")]),
        ("a test, a bench, a -x +y-z", []),
        ("any.a ==1, any.a ==2, any.a ==1", [("1", ""), ("2", "")]),
    ],
)
def test_constraints_of_cabal(text: str, shown: list[tuple[str, str]]) -> None:
    found = freeze.parse(File("cabal.project.freeze", f"constraints: {text}".encode()))
    assert [(item.version, item.version_range) for item in found.components] == shown
    assert ({item.name for item in found.components} <= {"a"}, found.skipped) == (True, ())


@pytest.mark.parametrize("text", ["a", "ainstalled", "a ? 1", "a installed 1", "any. ==1", "a ==1 -f"])
def test_what_is_no_constraint_is_told(text: str) -> None:
    found = freeze.parse(File("cabal.project.freeze", f"constraints: any.b ==1, {text}".encode()))
    assert ids(found) == ["pkg:hackage/b@1"]
    assert [item.reason for item in found.skipped] == [f"not a constraint: {text!r}"]


def test_a_range_of_cabal_and_the_version_that_is_pinned_are_one(tmp_path: Path) -> None:
    (tmp_path / "cabal.project.freeze").write_text("constraints: any.a ==1.5, setup.a >=1 && <2, any.a installed\n")
    found = catalog(Directory(str(tmp_path)), [one for one in discover() if one.name == "hackage"])
    assert [item.id for item in found.components] == ["pkg:hackage/a@1.5"]


def test_what_stack_takes_from_elsewhere_has_a_name_whatever_is_missing() -> None:
    text = """
extra-deps:
- text
- acme-1.10@rev:0
- {git: "https://git.example/mono.git", commit: 98a0a6b0, subdirs: [./core, packages/server-0.2]}
- {hg: "https://hg.example/clock", commit: abc}
- {archive: "https://files.example/greeter-0.4.1.tar.gz", subdir: greeter-tools}
- {size: 7}
"""
    found = stack.parse(File("stack.yaml", text.encode()))
    assert [(item.name, item.version) for item in found.components] == [
        ("text", ""),
        ("acme", "1.10"),
        ("core", ""),
        ("server", "0.2"),
        ("clock", ""),
        ("greeter-tools", ""),
    ]
    assert [item.purl.qualifier("vcs_url") for item in found.components[2:5] if item.purl] == [
        "git+https://git.example/mono.git@98a0a6b0",
        "git+https://git.example/mono.git@98a0a6b0",
        "hg+https://hg.example/clock@abc",
    ]
    assert [item.reason for item in found.skipped] == ["1 packages without name and version"]


def test_a_lock_of_stack_that_completes_nothing() -> None:
    with pytest.raises(Malformed):
        stack.parse_lock(File("x", b"a: b\n"))
    found = stack.parse_lock(
        File("x", b"packages:\n- original: {hackage: acme-1.10}\n- completed: {name: a, version: '1'}\n")
    )
    assert ids(found) == ["pkg:hackage/acme@1.10", "pkg:hackage/a@1"]
    assert found.components[1].references == ()


JULIA = """
[[Dates]]
uuid = "ade2ca70-3891-5945-98fb-dc099432e06a"
[[Tree]]
git-tree-sha1 = "0809951a1774dc724da22d26e4289bbaab77809a"
uuid = "864edb3b-99cc-5e75-8d2d-829cb0a9cfe8"
[[Nothing]]
deps = ["Dates"]
"""


@pytest.mark.parametrize("version", ["", "1.9.2"])
def test_packages_of_julia_without_a_version_are_not_lost(version: str) -> None:
    text = JULIA.replace("[[", "[[deps.") if version else JULIA
    head = f'julia_version = "{version}"\nmanifest_format = "2.0"\n' if version else ""
    found = julia.parse(File("Manifest.toml", (head + text).encode()))
    assert [(item.name, item.version) for item in found.components] == [("Dates", version), ("Tree", "")]
    properties = [{item.name.rpartition(":")[2] for item in one.properties} for one in found.components]
    assert properties == [{"standard-library"} | ({"version-from"} if version else set()), {"git-tree-sha1"}]
    assert [item.reason for item in found.skipped] == ["1 packages without UUID and version"]


@pytest.mark.parametrize(
    ("stated", "expression"),
    [
        ("GPL (>= 2) | MIT + file LICENSE", "GPL-2.0-or-later OR MIT"),
        ("Apache License (== 2.0)", "Apache-2.0"),
        ("Part of R 4.2.2", "GPL-2.0-only OR GPL-3.0-only"),
    ],
)
def test_terms_of_r(stated: str, expression: str) -> None:
    assert [item.expression for item in terms.licenses(stated)] == [expression]


def test_terms_of_r_that_nobody_knows_stay_a_name() -> None:
    assert [item.name for item in terms.licenses("file LICENCE")] == ["file LICENCE"]


def test_descriptions() -> None:
    assert description.parse(File("DESCRIPTION", b"Just some words\n")).components == ()
    with pytest.raises(Malformed):
        description.parse(File("DESCRIPTION", b"Package: a\n"))
    text = b"Package: BSgenome\nVersion: 1.66\nbiocViews: X\nDepends: R (>= 3),\n    BiocGenerics (>= 0.1), methods\n"
    found = description.parse(File("DESCRIPTION", text))
    assert ids(found) == ["pkg:bioconductor/BSgenome@1.66"]
    assert [need.names for need in found.needs] == [("BiocGenerics",), ("methods",)]


def test_renv_without_repository_has_no_name_to_the_world() -> None:
    found = renv.parse(File("renv.lock", b'{"Packages": {"a": {"Version": "1", "Source": "Local"}, "b": 7}}'))
    assert [item.purl for item in found.components] == [None, None]
    with pytest.raises(Malformed):
        renv.parse(File("renv.lock", b'{"Packages": []}'))


def test_julia_manifests() -> None:
    assert julia.parse(File("Manifest.toml", b"")).components == ()
    assert julia.parse(File("Manifest.toml", b"[package]\nname = 'x'\n")).components == ()
    with pytest.raises(Malformed):
        julia.parse(File("Manifest.toml", b"not toml\n"))


def test_metadata_of_perl() -> None:
    assert meta.parse(File("META.json", b'{"name": "a"}')).components == ()
    with pytest.raises(Malformed):
        installed.parse_record(File("install.json", b"{}"))
    text = b"=head2 x: C<Module> L<A::B|A::B>\nC<VERSION: 1>\n=head2 y: C<Module> L<A::B|A::B>\nC<VERSION: 2>\n"
    assert ids(installed.parse_perllocal(File("perllocal.pod", text))) == ["pkg:cpan/A-B@2"]


@pytest.mark.parametrize("text", ["hello", 'provider "a/b/c" {', "provider {", 'provider "a" \x01', "{"])
def test_broken_terraform_locks(text: str) -> None:
    with pytest.raises(Malformed):
        terraform.parse(File(".terraform.lock.hcl", text.encode()))


def test_most_files_of_a_plugin_are_not_its_head() -> None:
    assert header.parse_plugin(File("wp-content/plugins/a/b.php", b"<?php // Version: 1\n")).components == ()
    late = b"<?php\n" + b" " * 9000 + b"\n/* Plugin Name: Late */"
    assert header.parse_plugin(File("wp-content/plugins/a/b.php", late)).components == ()


@pytest.mark.parametrize(
    ("written", "identity"),
    [
        ("actions/checkout@v4", "pkg:github/actions/checkout@v4"),
        ("Acme/Tools/a/b@main", "pkg:github/acme/tools@main#a/b"),
        ("docker://alpine", "pkg:docker/alpine"),
        ("docker://localhost:5000/a/b:1", "pkg:docker/a/b@1?repository_url=localhost:5000"),
        ("./local", None),
        ("acme/tools", None),
        ("${{ matrix.x }}/a@b", None),
    ],
)
def test_targets(written: str, identity: str | None) -> None:
    found = target.component(written)
    assert (found.id if found else None) == identity


def test_a_workflow_that_is_none_says_nothing() -> None:
    assert uses.parse(File(".github/workflows/a.yml", b"[]\n")).components == ()
    assert (
        uses.parse(File(".github/workflows/a.yml", b"jobs: {a: {steps: [1, {uses: [x]}], container: 5}}\n")).skipped
        == ()
    )
