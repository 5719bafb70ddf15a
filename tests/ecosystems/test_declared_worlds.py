"""CocoaPods, SwiftPM, pub, Haskell, R, Julia, Perl, Prolog, Terraform, WordPress, GitHub Actions: the corners."""

from __future__ import annotations

import pytest

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
    assert ids(freeze.parse(File("x", b"constraints: a ==1.0, any.b ==2,\n  any.c >=1, any.d installed"))) == [
        "pkg:hackage/a@1.0",
        "pkg:hackage/b@2",
    ]
    with pytest.raises(Malformed):
        freeze.parse(File("x", b"constraints:\nfoo\nfoo\n"))
    with pytest.raises(Malformed):
        stack.parse_lock(File("x", b"a: b\n"))


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
