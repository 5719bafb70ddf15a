"""Installed versions that tell more than ranges do: ESM of Ubuntu, local labels, revisions of Bitnami, platforms."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from advisory_data import TODAY, Osv, osv, purls, store
from assay.ecosystems import order
from assay.engines.match import Options, match
from assay.engines.match.explain import explain
from assay.model.component import Component
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


NVD = (
    b'{"format": "NVD_CVE", "vulnerabilities": [{"cve": {"id": "CVE-2099-1", "configurations": ['
    b'{"nodes": [{"operator": "OR", "cpeMatch": [%s]}]}]}}]}'
)


def _entry(rest: str, **bounds: str) -> str:
    return json.dumps({"vulnerable": True, "criteria": f"cpe:2.3:a:oracle:{rest}:*:*:*:*:*:*", **bounds})


ENTRIES = [
    _entry("openjdk:8:update402"),
    _entry("jdk:1.8.0:update_401"),
    _entry("openjdk:*:*", versionStartIncluding="11", versionEndIncluding="11.0.22"),
    _entry("openjdk:*:*", versionStartIncluding="1.7", versionEndExcluding="1.7.0_351"),
    _entry("openjdk:*:*", versionStartIncluding="1.9", versionEndExcluding="8.0.392"),
]


@pytest.mark.parametrize(
    ("cpe", "version", "affected"),
    [
        ("openjdk", "8.0.402", True),  # the NVD lists updates one by one
        ("openjdk", "1.8.0_402-b06", True),
        ("openjdk", "8u402", True),
        ("openjdk", "8.0.412", False),
        ("openjdk", "8.0.401", False),  # only of Oracle's own
        ("jdk", "1.8.0_401", True),
        ("openjdk", "11.0.22+7", True),  # every build of the last one
        ("openjdk", "11.0.23+9", False),
        ("openjdk", "11-ea", False),
        ("openjdk", "7.0.350", True),
        ("openjdk", "8.0.9", True),  # a range may begin with 1.9, which never was
        ("openjdk", "9.0.1", False),
    ],
)
def test_java_runtimes_by_the_names_of_the_nvd(tmp_path: Path, cpe: str, version: str, affected: bool) -> None:
    runtime = Component("java", version, ecosystem="jvm", cpes=(f"cpe:2.3:a:oracle:{cpe}:{version}:*:*:*:*:*:*:*",))
    with store(tmp_path, {"nvd": NVD % ", ".join(ENTRIES).encode()}) as data:
        found = match(replace(purls("pkg:generic/x@1"), components=(runtime,)), data, OPTIONS)
        assert bool(found.findings) is affected
        assert [item.ecosystem for item in found.coverage] == ["jvm"]
        told = explain("CVE-2099-1", found, data)
    assert {item.verdict for item in told} == {Verdict.REPORTED if affected else Verdict.NOT_AFFECTED}


@pytest.mark.parametrize(
    ("name", "version", "affected", "fixed"),
    [
        ("x.example/m", "v0.311.0", True, ("0.311.2-0.20260410083055-07c6232d159b",)),
        ("x.example/m", "v0.311.2", False, ()),
        ("x.example/m", "v1.9.0", False, ()),  # Go knows it, so the range of tags says nothing of it
        ("x.example/m", "v3.5.1", True, ("3.5.2",)),
        ("x.example/m", "3.5.1", True, ("3.5.2",)),
        ("x.example/m", "v3.5.2", False, ()),
        ("x.example/m", "v3.5.1+incompatible", False, ()),
        ("x.example/m", "v3.5.1+incompatible.dirty", False, ()),
        ("x.example/m/v3", "v3.5.1", False, ()),
        ("x.example/m/v4", "v3.5.1", True, ("3.5.2",)),
    ],
)
def test_tags_that_are_no_versions_of_go(
    tmp_path: Path, name: str, version: str, affected: bool, fixed: tuple[str, ...]
) -> None:
    custom = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.5.2"}]}]
    record = osv(
        *("GO-1", "Go", name, ("introduced", "0"), ("fixed", "0.311.2-0.20260410083055-07c6232d159b")),
        affected={"ecosystem_specific": {"custom_ranges": custom}},
    )
    with store(tmp_path, {"go-vulndb": [record]}) as data:
        found = match(purls(f"pkg:golang/{name}@{version}"), data, OPTIONS)
        assert bool(found.findings) is affected
        assert [item.fixed for item in found.findings] == ([fixed] if affected else [])
        (told,) = explain("GO-1", found, data)
        assert told.verdict is (Verdict.REPORTED if affected else Verdict.NOT_AFFECTED)
        if version == "v1.9.0":
            assert any("tags that are no versions" in step.found for step in told.steps)


def test_a_tag_is_cleared_by_a_tag_that_no_range_of_tags_holds(tmp_path: Path) -> None:
    def record(number: int, *events: dict[str, str]) -> Osv:
        custom = {"ecosystem_specific": {"custom_ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}}
        return osv(*(f"GO-{number}", "Go", "x.example/m", ("introduced", "0"), ("fixed", "0.9.0")), affected=custom)

    records = [
        record(1, {"introduced": "0"}, {"fixed": "3.5.2"}),
        record(2, {"introduced": "3.5.2"}, {"fixed": "3.6.0"}),
    ]
    with store(tmp_path, {"go-vulndb": records}) as data:
        for version, cleared in (("v3.5.1", "3.6.0"), ("v0.8.0", "0.9.0")):
            found = match(purls(f"pkg:golang/x.example/m@{version}"), data, OPTIONS)
            assert {item.clears for item in found.findings} == {cleared}
