"""Installed versions that tell more than ranges do: ESM of Ubuntu, local labels, revisions of Bitnami, platforms."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisory_data import TODAY, Osv, osv, purls, store
from assay.ecosystems import order
from assay.engines.match import Options, match
from assay.engines.match.explain import explain
from assay.model.explanation import Verdict

OPTIONS = Options(TODAY)
FIXED = "1.12.0-1~ubuntu16.04.3+esm1"
RECORD: Osv = {
    "cve": "CVE-2021-3782",
    "pkgs": {
        "wayland": {"xenial": ["ignored", "end of standard support"], "esm-infra/xenial": ["released", FIXED]},
        "weston": {"xenial": ["needed"]},
    },
}


@pytest.mark.parametrize(
    ("line", "affected"),
    [
        ("wayland@1.12.0-1~ubuntu16.04.3?distro=ubuntu-16.04", True),  # without ESM there is no fix
        ("wayland@1.12.0-1~ubuntu16.04.3+esm0?distro=ubuntu-16.04", True),
        (f"wayland@{FIXED}?distro=ubuntu-16.04", False),
        (f"libwayland-client0@{FIXED}?distro=ubuntu-16.04&upstream=wayland", False),
        ("wayland@1.12.0-1~ubuntu16.04.3+esm2?distro=ubuntu-16.04", False),
        ("weston@1.9.0-2+esm1?distro=ubuntu-16.04", True),  # ESM has a fix of something else
    ],
)
def test_who_has_the_fix_of_esm_does_not_mind_that_the_release_has_none(
    tmp_path: Path, line: str, affected: bool
) -> None:
    with store(tmp_path, {"ubuntu": [RECORD]}) as data:
        found = match(purls(f"pkg:deb/ubuntu/{line}"), data, OPTIONS)
        assert bool(found.findings) is affected
        (told,) = explain("CVE-2021-3782", found, data)
        assert told.verdict is (Verdict.REPORTED if affected else Verdict.NOT_AFFECTED)
        assert any("another channel" in step.found for step in told.steps) is not affected


@pytest.mark.parametrize(
    ("feed", "ecosystem", "end", "purl", "affected"),
    [
        # the version specifiers specification: a local label does not count where the specifier has none
        ("pypa", "PyPI", ("last_affected", "2.6.0"), "pkg:pypi/x@2.6.0+cu124", True),
        ("pypa", "PyPI", ("last_affected", "2.6.0"), "pkg:pypi/x@2.6.0.post1", False),
        ("pypa", "PyPI", ("last_affected", "2.6.0+cu118"), "pkg:pypi/x@2.6.0+cu124", False),
        ("pypa", "PyPI", ("fixed", "2.6.0"), "pkg:pypi/x@2.6.0+cu124", False),
        ("pypa", "PyPI", ("fixed", "2.6.0+tuxcare.2"), "pkg:pypi/x@2.6.0+tuxcare.1", True),
        ("pypa", "PyPI", ("fixed", "2.6.0+tuxcare.2"), "pkg:pypi/x@2.6.0+tuxcare.2", False),
        # Bitnami builds a release several times; a fix may come with a build
        ("bitnami", "Bitnami", ("last_affected", "2.3.1"), "pkg:bitnami/x@2.3.1-4", True),
        ("bitnami", "Bitnami", ("last_affected", "2.3.1"), "pkg:bitnami/x@2.3.2-0", False),
        ("bitnami", "Bitnami", ("last_affected", "2.3.1-2"), "pkg:bitnami/x@2.3.1-4", False),
        ("bitnami", "Bitnami", ("fixed", "2.3.1"), "pkg:bitnami/x@2.3.1-4", False),
        ("bitnami", "Bitnami", ("fixed", "2.3.1-5"), "pkg:bitnami/x@2.3.1-4", True),
        # a gem is built for platforms
        ("rubysec", "RubyGems", ("fixed", "1.18.3"), "pkg:gem/x@1.18.3-x86_64-linux", False),
        ("rubysec", "RubyGems", ("fixed", "1.18.3"), "pkg:gem/x@1.18.2-aarch64-linux-musl", True),
        ("rubysec", "RubyGems", ("last_affected", "1.18.3"), "pkg:gem/x@1.18.3-java", True),
    ],
)
def test_a_build_counts_as_its_version(
    tmp_path: Path, feed: str, ecosystem: str, end: tuple[str, str], purl: str, affected: bool
) -> None:
    with store(tmp_path, {feed: [osv("X-1", ecosystem, "x", ("introduced", "0"), end)]}) as data:
        found = match(purls(purl), data, OPTIONS)
        assert bool(found.findings) is affected
        (told,) = explain("X-1", found, data)
        assert told.verdict is (Verdict.REPORTED if affected else Verdict.NOT_AFFECTED)
        is_build = affected and end[0] == "last_affected" and ecosystem != "RubyGems"
        assert any(step.found.startswith("every build of") for step in told.steps) is is_build


def test_a_listed_version_is_all_of_its_builds(tmp_path: Path) -> None:
    record = {"id": "X-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "x"}, "versions": ["2.6.0"]}]}
    with store(tmp_path, {"pypa": [record]}) as data:
        found = match(purls("pkg:pypi/x@2.6.0+cu124"), data, OPTIONS)
        assert [item.vulnerability.id for item in found.findings] == ["X-1"]
        (told,) = explain("X-1", found, data)
        assert any(step.found.startswith("every build of 2.6.0 counts") for step in told.steps)
        assert not match(purls("pkg:pypi/x@2.6.1+cu124"), data, OPTIONS).findings


@pytest.mark.parametrize(
    ("version", "same"),
    [
        ("1.13.1-arm-linux", "1.13.1"),
        ("1.13.1-armv6-linux", "1.13.1"),
        ("1.13.1-x86-mswin32-80", "1.13.1"),
        ("1.13.1-x64-mingw-ucrt", "1.13.1"),
        ("1.13.1-universal-darwin-8", "1.13.1"),
        ("1.13.1-jruby", "1.13.1"),
        ("1.13.1.rc1-java", "1.13.1.rc1"),
        ("1.13.1-beta", "1.13.1.pre.beta"),
        ("1.13.1-javascript", "1.13.1.pre.javascript"),
    ],
)
def test_platforms_of_gems(version: str, same: str) -> None:
    gem = order("RubyGems")
    assert gem.installed(version) == gem.key(same)
