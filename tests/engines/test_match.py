"""Verdicts, also the tricky ones, on stores made of a few records."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from advisory_data import TODAY, Osv, made_by_another, osv, purls, store
from assay.adapters.advisories import AdvisoryStore
from assay.engines.match import Options, match
from assay.engines.match.explain import explain
from assay.model.advisory import FixState, Kind, Level, Release
from assay.model.component import Component, ComponentType, Property
from assay.model.explanation import Verdict
from assay.model.finding import Cause, CoverageState, Scan
from assay.model.purl import Purl
from assay.model.sbom import Distribution, Sbom

OPTIONS = Options(TODAY)


def scan(folder: Path, feed: str, records: list[Osv], *lines: str) -> Scan:
    with store(folder, {feed: records}) as data:
        return match(purls(*lines), data, OPTIONS)


def ids(found: Scan) -> list[str]:
    return [item.vulnerability.id for item in found.findings]


@pytest.mark.parametrize(
    ("feed", "ecosystem", "package", "events", "purl", "affected"),
    [
        # an epoch outweighs everything behind it
        ("debian", "Debian:12", "tar", [("fixed", "1:1.34-2")], "pkg:deb/debian/tar@1.35-1?distro=debian-12", True),
        ("debian", "Debian:12", "tar", [("fixed", "1.34-2")], "pkg:deb/debian/tar@1:1.0-1?distro=debian-12", False),
        # a tilde is before the end
        ("debian", "Debian:12", "x", [("fixed", "2.0")], "pkg:deb/debian/x@2.0~rc1?distro=debian-12", True),
        ("debian", "Debian:12", "x", [("fixed", "2.0~rc1")], "pkg:deb/debian/x@2.0?distro=debian-12", False),
        # the source package counts, in its own version
        (
            "debian",
            "Debian:12",
            "openssl",
            [("fixed", "3.0.9-1")],
            "pkg:deb/debian/libssl3@3.0.8-1?distro=debian-12&upstream=openssl",
            True,
        ),
        (
            "debian",
            "Debian:12",
            "gcc-12",
            [("fixed", "12.2.0-15")],
            "pkg:deb/debian/libstdc++6@99?distro=debian-12&upstream=gcc-12%4012.2.0-14",
            True,
        ),
        # another release is another ecosystem
        ("debian", "Debian:11", "x", [("fixed", "2.0")], "pkg:deb/debian/x@1.0?distro=debian-12", False),
        # pre-releases of language packages
        ("pypa", "PyPI", "a", [("fixed", "2.0")], "pkg:pypi/a@2.0rc1", True),
        ("pypa", "PyPI", "a", [("fixed", "2.0rc1")], "pkg:pypi/a@2.0.dev3", True),
        ("pypa", "PyPI", "a", [("fixed", "1.0")], "pkg:pypi/a@1.0.post1", False),
        # a legacy version is before every modern one
        ("pypa", "PyPI", "a", [("fixed", "0.1")], "pkg:pypi/a@2004-foo", True),
        # names are compared as the ecosystem compares them
        ("pypa", "PyPI", "Foo_Bar", [("fixed", "2")], "pkg:pypi/foo-bar@1", True),
        # Maven's qualifiers
        ("ghsa", "Maven", "g:a", [("fixed", "1.0")], "pkg:maven/g/a@1.0-SNAPSHOT", True),
        ("ghsa", "Maven", "g:a", [("fixed", "1.0")], "pkg:maven/g/a@1.0.Final", False),
        ("ghsa", "Maven", "g:a", [("fixed", "1.0")], "pkg:maven/g/a@1.0-jre", False),
        # Go's pseudo-versions lie before the version that they lead to
        ("go-vulndb", "Go", "m", [("fixed", "1.2.4")], "pkg:golang/m@v1.2.4-0.20240101120000-abcdef123456", True),
        ("go-vulndb", "Go", "m", [("fixed", "1.2.3")], "pkg:golang/m@v1.2.4-0.20240101120000-abcdef123456", False),
        ("go-vulndb", "Go", "m", [("fixed", "2.0.0")], "pkg:golang/m@v2.0.0%2Bincompatible", False),
        ("go-vulndb", "Go", "stdlib", [("fixed", "1.21.0")], "pkg:golang/stdlib@1.21rc2", True),
        # Alpine's patch suffix is after the release
        ("alpine", "Alpine:3.20", "", [], "", False),
        # last_affected is included, nothing behind it is
        ("pypa", "PyPI", "a", [("last_affected", "1.5")], "pkg:pypi/a@1.5", True),
        ("pypa", "PyPI", "a", [("last_affected", "1.5")], "pkg:pypi/a@1.5.1", False),
        # build metadata does not count
        ("rustsec", "crates.io", "c", [("fixed", "1.0.0")], "pkg:cargo/c@1.0.0%2Bbuild", False),
    ],
)
def test_tricky_verdicts(
    tmp_path: Path, feed: str, ecosystem: str, package: str, events: list[tuple[str, str]], purl: str, affected: bool
) -> None:
    if not package:
        secdb = b'{"distroversion": "v3.20", "reponame": "main", "packages": [{"pkg": {"name": "p", "secfixes": '
        secdb += b'{"1.0_p1-r0": ["CVE-1-1"], "0": ["CVE-1-2"]}}}]}'
        with store(tmp_path, {"alpine": secdb}) as data:
            line = "pkg:apk/alpine/p@{}?distro=alpine-3.20.1"
            assert ids(match(purls(line.format("1.0-r5")), data, OPTIONS)) == ["CVE-1-1"]
            assert ids(match(purls(line.format("1.0_rc1-r5")), data, OPTIONS)) == ["CVE-1-1"]
            assert not ids(match(purls(line.format("1.0_p1-r0")), data, OPTIONS))
        return
    record = osv("X-1", ecosystem, package, ("introduced", "0"), *events)
    assert bool(ids(scan(tmp_path, feed, [record], purl))) is affected


def test_listed_versions_count_beside_ranges(tmp_path: Path) -> None:
    record = osv("X-1", "PyPI", "a", ("introduced", "1"), ("fixed", "2"), versions=["1.5", "3.1"])
    found = scan(tmp_path, "pypa", [record], "pkg:pypi/a@3.1")
    assert found.findings[0].matches[0].listed
    assert not ids(scan(tmp_path, "pypa", [record], "pkg:pypi/a@3.2"))


def test_aliases_are_one_finding_with_the_best_of_each_source(tmp_path: Path) -> None:
    pysec = osv("PYSEC-1", "PyPI", "a", ("introduced", "0"), ("fixed", "2"), aliases=["CVE-1", "GHSA-1"])
    ghsa = osv("GHSA-1", "PyPI", "a", ("introduced", "0"), ("fixed", "2"), aliases=["CVE-1"], summary="bad")
    ghsa = {**ghsa, "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}
    kev = b'{"catalogVersion": "1", "vulnerabilities": [{"cveID": "CVE-1", "dateAdded": "2026-01-02", '
    kev += b'"knownRansomwareCampaignUse": "Known"}]}'
    epss = b"#model_version:v1,score_date:2026-11-22T00:00:00+0000\ncve,epss,percentile\nCVE-1,0.9,0.99\n"
    with store(tmp_path, {"pypa": [pysec], "ghsa": [ghsa], "kev": kev, "epss": epss}) as data:
        found = match(purls("pkg:pypi/a@1"), data, OPTIONS)
        by_cve = match(purls("pkg:pypi/a@1"), data, OPTIONS._replace(by_cve=True))
    (item,) = found.findings
    assert item.vulnerability.ids == ("PYSEC-1", "CVE-1", "GHSA-1")
    assert (item.vulnerability.score, item.vulnerability.level) == (9.8, Level.CRITICAL)
    assert item.vulnerability.summary == "bad"
    assert item.vulnerability.exploited is not None and item.vulnerability.exploited.ransomware
    assert item.vulnerability.likelihood is not None and item.vulnerability.likelihood.probability == 0.9
    assert item.risk == 100
    assert ids(by_cve) == ["CVE-1"]


def test_facts_about_several_ids_come_in_the_order_of_the_ids(tmp_path: Path) -> None:
    """An order by hashes of texts would differ from run to run."""
    names = [f"CVE-{number}" for number in range(1, 9)]
    record = osv("PYSEC-1", "PyPI", "a", ("introduced", "0"), aliases=names[::-1])
    vectors = [f"CVSS:3.1/AV:{av}/AC:{ac}/PR:{pr}/UI:N/S:U/C:H/I:H/A:H" for av in "NL" for ac in "LH" for pr in "NL"]
    facts = [
        {"cve": {"id": name, "metrics": {"cvssMetricV31": [{"source": "nvd", "cvssData": {"vectorString": vector}}]}}}
        for name, vector in zip(names, vectors, strict=True)
    ]
    with store(tmp_path, {"pypa": [record], "nvd": json.dumps({"vulnerabilities": facts}).encode()}) as data:
        (item,) = match(purls("pkg:pypi/a@1"), data, OPTIONS).findings
    assert item.vulnerability.ids == ("PYSEC-1", *names)
    assert [rating.vector for rating in item.vulnerability.severities] == vectors


def test_cyclic_aliases_end(tmp_path: Path) -> None:
    one = osv("A-1", "PyPI", "a", ("introduced", "0"), aliases=["B-1"])
    other = osv("B-1", "PyPI", "a", ("introduced", "0"), aliases=["A-1", "B-1"])
    assert ids(scan(tmp_path, "pypa", [one, other], "pkg:pypi/a@1")) == ["A-1"]


def test_withdrawn_rejected_and_informational_records_are_no_findings(tmp_path: Path) -> None:
    records = [
        osv("W-1", "PyPI", "a", ("introduced", "0"), withdrawn="2026-01-01T00:00:00Z"),
        osv("R-1", "PyPI", "a", ("introduced", "0"), aliases=["CVE-9"]),
        osv("ALBA-1", "PyPI", "a", ("introduced", "0")),
    ]
    nvd = b'{"vulnerabilities": [{"cve": {"id": "CVE-9", "vulnStatus": "Rejected"}}]}'
    with store(tmp_path, {"pypa": records, "nvd": nvd}) as data:
        assert not match(purls("pkg:pypi/a@1"), data, OPTIONS).findings


def test_malicious_packages_come_first(tmp_path: Path) -> None:
    grave = osv("X-1", "PyPI", "a", ("introduced", "0"), database_specific={"severity": "CRITICAL"})
    evil = osv("MAL-2026-1", "PyPI", "b", ("introduced", "0"))
    found = scan(tmp_path, "pypa", [grave, evil], "pkg:pypi/a@1", "pkg:pypi/b@1")
    assert ids(found) == ["MAL-2026-1", "X-1"]
    assert found.findings[0].vulnerability.level is Level.CRITICAL, "though nobody judges it"
    assert found.findings[0].vulnerability.kind is Kind.MALICIOUS


def test_streams_of_rpm_modules_are_told_apart(tmp_path: Path) -> None:
    def fix(version: str) -> dict[str, object]:
        events = [{"introduced": "0"}, {"fixed": version}]
        return {
            "package": {"ecosystem": "AlmaLinux:8", "name": "nodejs"},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }

    record = {
        "id": "ALSA-1",
        "related": ["CVE-1"],
        "affected": [
            fix("1:12.22.5-1.module_el8.4.0+2521+abc"),
            fix("1:14.17.5-1.module_el8.4.0+2522+abc"),
            fix("1:14.17.5-1.module_el8.5.0+2600+abc"),
        ],
    }
    line = "pkg:rpm/almalinux/nodejs@{}?distro=almalinux-8.4&epoch=1"
    with store(tmp_path, {"almalinux": [record]}) as data:

        def verdict(version: str) -> list[str]:
            return ids(match(purls(line.format(version)), data, OPTIONS))

        assert verdict("12.22.3-1.module_el8.4.0+2500+abc") == ["CVE-1"]
        assert not verdict("12.22.5-1.module_el8.4.0+2521+abc"), "its stream has the fix, though 14 is higher"
        assert verdict("14.16.0-1.module_el8.4.0+2500+abc") == ["CVE-1"]
        assert not verdict("14.17.5-1.module_el8.4.0+2522+abc"), "the later rebuild is for another minor release"
        assert not verdict("10.0.0-1.el8"), "a fix of a module says nothing about what is no module"


def test_the_title_tells_the_module_stream_and_the_package_its_own(tmp_path: Path) -> None:
    def record(name: str, title: str, version: str) -> Osv:
        ended = ("introduced", "0"), ("fixed", version)
        return osv(name, "AlmaLinux:8", "nodejs", *ended, related=[f"CVE-{name}"], summary=title)

    records = [
        record("16", "Important: nodejs:16 security update", "1:16.20.2-1.module_el8.8.0+3653+abc"),
        record("18", "Important: nodejs:18 security update", "1:18.18.2-1.module_el8.8.0+3652+abc"),
        record("1", "Important: nodejs:1 security update", "1:99.1.0-1.module_el8.8.0+1+abc"),
        record("both", "Moderate: nodejs:18 and nodejs:20 update", "1:20.1.0-1.module_el8.9.0+3652+abc"),
    ]
    line = "pkg:rpm/almalinux/nodejs@16.14.0-3.module_el8.7.0%2B2500%2Babc?distro=almalinux-8.7&epoch=1"
    named = f"{line}&rpmmod=nodejs:16:8070020220523160029:ad008a3a"
    with store(tmp_path, {"almalinux": records}) as data:
        found = match(purls(named), data, OPTIONS)
        assert sorted(ids(found)) == ["CVE-16", "CVE-both"], "a title with two streams says nothing of the package"
        (own,) = [item for item in found.findings if item.vulnerability.id == "CVE-16"]
        assert own.matches[0].module == "nodejs:16"
        assert len(match(purls(line), data, OPTIONS).findings) == 4, "nobody says which stream is installed"
        (answer,) = explain("CVE-18", match(purls(named), data, OPTIONS), data)
        assert answer.verdict is Verdict.NOT_AFFECTED
        said = " ".join(step.found for step in answer.steps)
        assert "module nodejs:18, and nodejs:16 is installed" in said
        plain, label = purls(line), Property("syft:metadata:modularityLabel", "nodejs:18:8080020231019152822:63b34585")
        labelled = replace(plain, components=tuple(replace(item, properties=(label,)) for item in plain.components))
        assert sorted(ids(match(labelled, data, OPTIONS))) == ["CVE-18", "CVE-both"]


def test_a_module_stream_is_cleared_by_a_version_of_its_own(tmp_path: Path) -> None:
    def record(name: str, title: str, version: str) -> Osv:
        ended = ("introduced", "0"), ("fixed", version)
        return osv(name, "AlmaLinux:8", "nodejs", *ended, related=[f"CVE-{name}"], summary=title)

    records = [
        record("a", "nodejs:16 security update", "1:16.20.2-1.module_el8.8.0+3653+abc"),
        record("b", "nodejs:16 security update", "1:16.19.1-1.module_el8.7.0+3553+abc"),
        record("c", "nodejs:18 security update", "1:18.18.2-1.module_el8.8.0+3652+abc"),
    ]
    line = (
        "pkg:rpm/almalinux/nodejs@16.14.0-3.module_el8.7.0%2B2500%2Babc?distro=almalinux-8.7&epoch=1&rpmmod=nodejs:16"
    )
    with store(tmp_path, {"almalinux": records}) as data:
        found = match(purls(line), data, OPTIONS)
    assert {item.clears for item in found.findings} == {"1:16.20.2-1.module_el8.8.0+3653+abc"}


def test_the_distribution_answers_for_files_of_its_packages(tmp_path: Path) -> None:
    pysec = osv("PYSEC-1", "PyPI", "urllib3", ("introduced", "0"), ("fixed", "2"), aliases=["CVE-1"])
    other = osv("PYSEC-2", "PyPI", "urllib3", ("introduced", "0"), ("fixed", "2"), aliases=["CVE-2"])
    dsa = osv(
        "DSA-1", "Debian:12", "python-urllib3", ("introduced", "0"), ("fixed", "1.26-1+deb12u1"), upstream=["CVE-1"]
    )
    owner = purls(
        "pkg:deb/debian/python3-urllib3@1.26-1%2Bdeb12u1?distro=debian-12&upstream=python-urllib3"
    ).components[0]
    owned = replace(purls("pkg:pypi/urllib3@1.26").components[0], owned_by=owner.id)
    sbom = Sbom(Component("root"), (owner, owned))
    with store(tmp_path, {"pypa": [pysec, other], "debian": [dsa]}) as data:
        found = match(sbom, data, OPTIONS)
    assert ids(found) == ["PYSEC-2"], "of which the distribution says nothing"
    (answered,) = found.suppressed
    assert answered.suppression is not None and answered.suppression.cause is Cause.OWNER
    alien = {**dsa, "affected": [{**dsa["affected"][0], "package": {"ecosystem": "Debian:12", "name": "urllib3"}}]}
    other_role = replace(owner, name="urllib3")  # a source package of the name of another one's binary package
    with store(tmp_path / "roles", {"pypa": [pysec], "debian": [alien]}) as data:
        assert ids(match(replace(sbom, components=(other_role, replace(owned, owned_by=other_role.id))), data, OPTIONS))


def test_fix_states_of_a_distribution(tmp_path: Path) -> None:
    tracker = b"""{"x": {
      "CVE-1": {"releases": {"bookworm": {"status": "open", "urgency": "unimportant"}}},
      "CVE-2": {"releases": {"bookworm": {"status": "open", "urgency": "high", "nodsa_reason": "postponed"}}},
      "CVE-3": {"releases": {"bookworm": {"status": "open", "urgency": "low", "nodsa_reason": "ignored"}}},
      "CVE-4": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "2-1", "urgency": "medium"}}},
      "CVE-5": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "0"}}},
      "CVE-6": {"releases": {"bookworm": {"status": "open", "urgency": "end-of-life"}}},
      "CVE-7": {"releases": {"bookworm": {"status": "undetermined"}}}}}"""
    with store(tmp_path, {"debian": tracker}) as data:
        found = match(purls("pkg:deb/debian/x@1-1?distro=debian-12"), data, OPTIONS)
    states = {item.vulnerability.id: item.state for item in found.findings}
    assert states == {
        "CVE-1": FixState.NOT_FIXED,
        "CVE-2": FixState.DEFERRED,
        "CVE-3": FixState.WONT_FIX,
        "CVE-4": FixState.FIXED,
        "CVE-6": FixState.END_OF_LIFE,
        "CVE-7": FixState.UNDER_INVESTIGATION,
    }
    assert found.coverage[0].state is CoverageState.COVERED


def test_packages_of_other_repositories_are_not_judged_by_the_distribution(tmp_path: Path) -> None:
    dsa = osv("DSA-1", "Debian:12", "nginx", ("introduced", "0"), ("fixed", "99"), upstream=["CVE-1"])
    found = scan(tmp_path, "debian", [dsa], "pkg:deb/debian/nginx@1.24.0-1~bookworm?distro=debian-12")
    assert not found.findings
    assert found.coverage[0].state is CoverageState.UNDECIDABLE
    assert "not the distribution's own" in found.coverage[0].message


@pytest.mark.parametrize(
    ("purl", "ecosystem", "affected"),
    [
        ("pkg:github/acme/x@v35", "GitHub Actions", True),
        ("pkg:github/acme/x@v46.0.1", "GitHub Actions", False),
        ("pkg:github/acme/x@0e58ed8671d6b60d0890c21b07f8835ace038e67", "GitHub Actions", None),
        ("pkg:github/acme/x@main", "GitHub Actions", None),
        ("pkg:docker/acme/x@1", "unknown", None),
        ("pkg:gitlab/acme/x@1", "GIT", None),
        ("pkg:jsr/%40acme/x@1", "unknown", None),
        ("pkg:bioconductor/x@1", "Bioconductor", False),
        ("pkg:bioconductor/x", "Bioconductor", None),
        ("pkg:cran/x@1", "CRAN", True),
        ("pkg:ebuild/acme/x@1", "Gentoo", False),
        ("pkg:alpm/arch/x@1-1", "Arch Linux", False),
        ("pkg:apk/wolfi/x@1-r0", "Wolfi", False),
        ("pkg:apk/alpine/x@1-r0", "apk", None),  # the release is not told
    ],
)
def test_a_purl_asks_where_its_packages_are_filed(
    tmp_path: Path, purl: str, ecosystem: str, affected: bool | None
) -> None:
    """None: it is undecided, and said so."""
    action = osv("GHSA-1", "GitHub Actions", "acme/x", ("introduced", "0"), ("fixed", "46.0.1"))
    with store(
        tmp_path, {"ghsa": [action, *(osv(f"R-{e}", e, "x", ("introduced", "0")) for e in ("CRAN", "npm"))]}
    ) as data:
        found = match(purls(purl), data, OPTIONS)
    (known,) = found.coverage
    assert known.ecosystem == ecosystem and bool(found.findings) is bool(affected)
    assert (known.state is CoverageState.UNDECIDABLE) is (affected is None)


@pytest.mark.parametrize(
    ("purl", "found_there"),
    [
        ("pkg:npm/evil", True),
        ("pkg:npm/evil@latest", True),
        ("pkg:npm/evil@1.0.0", True),
        ("pkg:npm/evil@0e58ed8671d6b60d0890c21b07f8835ace038e67", True),
        ("pkg:npm/once", False),  # only some versions are malicious
        ("pkg:npm/weak@latest", False),  # a flaw may be mended in what is installed
    ],
)
def test_what_is_malicious_in_every_version_needs_no_version(tmp_path: Path, purl: str, found_there: bool) -> None:
    records = [
        osv("MAL-1", "npm", "evil", ("introduced", "0")),
        osv("MAL-2", "npm", "once", ("introduced", "2.0.0"), ("fixed", "2.0.1"), versions=["1.5.0"]),
        osv("X-1", "npm", "weak", ("introduced", "0")),
    ]
    with store(tmp_path, {"osv": records}) as data:
        found = match(purls(purl), data, OPTIONS)
        told = explain("MAL-1", found, data, "evil")
    assert ids(found) == (["MAL-1"] if found_there else [])
    assert [item.verdict for item in told] == ([Verdict.REPORTED] if found_there else [])
    assert (found.coverage[0].state is CoverageState.UNDECIDABLE) is not purl.endswith("1.0.0")
    assert len(found.coverage) == 1 and found.coverage[0].components == 1


@pytest.mark.parametrize(
    "purl",
    ["pkg:npm/x@latest", "pkg:cargo/x@*", "pkg:golang/x.example/m@(devel)", "pkg:pypi/x@main", "pkg:gem/x@HEAD"],
)
def test_what_stands_for_a_version_is_none(tmp_path: Path, purl: str) -> None:
    names = {"npm": "x", "crates.io": "x", "Go": "x.example/m", "PyPI": "x", "RubyGems": "x"}
    with store(
        tmp_path, {"osv": [osv(f"X-{e}", e, n, ("introduced", "0"), ("fixed", "9")) for e, n in names.items()]}
    ) as data:
        found = match(purls(purl), data, OPTIONS)
        (told,) = explain("X-npm", found, data, purls(purl).components[0].name)
    assert not found.findings and found.coverage[0].message.endswith("its version names none")
    assert told.verdict is Verdict.UNDECIDED


def test_the_standard_library_of_go_has_two_names(tmp_path: Path) -> None:
    record = osv("GO-1", "Go", "stdlib", ("introduced", "0"), ("fixed", "1.21.0"))
    assert ids(scan(tmp_path, "go-vulndb", [record], "pkg:golang/std@1.20.1")) == ["GO-1"]


def test_what_a_catalog_takes_from_a_host_is_no_action(tmp_path: Path) -> None:
    (package,) = purls("pkg:github/acme/x@1").components
    taken = [replace(package, ecosystem=name) for name in ("nuget", "cran", "binary", "github_actions")]
    with store(tmp_path, {"ghsa": [osv("GHSA-1", "GitHub Actions", "acme/x", ("introduced", "0"))]}) as data:
        found = [match(Sbom(Component("root"), (item,)), data, OPTIONS) for item in taken]
    assert [len(item.findings) for item in found] == [0, 0, 0, 1]
    assert [item.coverage[0].state is CoverageState.UNDECIDABLE for item in found] == [True, True, True, False]


def test_a_native_image_asks_as_the_libraries_that_it_is_made_of(tmp_path: Path) -> None:
    (library,) = purls("pkg:maven/g.example/a@1").components
    with store(
        tmp_path, {"ghsa": [osv("GHSA-1", "Maven", "g.example:a", ("introduced", "0"), ("fixed", "2"))]}
    ) as data:
        for name in ("maven", "graalvm"):
            assert ids(match(Sbom(Component("root"), (replace(library, ecosystem=name),)), data, OPTIONS)) == ["GHSA-1"]


def test_cpes_only_where_nothing_better_is_there(tmp_path: Path) -> None:
    nvd = b"""{"vulnerabilities": [{"cve": {"id": "CVE-1", "configurations": [{"nodes": [{"cpeMatch": [
      {"vulnerable": true, "criteria": "cpe:2.3:a:nginx:nginx:*:*:*:*:*:*:*:*", "versionEndExcluding": "1.25.0"},
      {"vulnerable": false, "criteria": "cpe:2.3:a:other:host:*:*:*:*:*:*:*:*"},
      {"vulnerable": true, "criteria": "cpe:2.3:a:x:plugin:*:*:*:*:*:wordpress:*:*",
       "versionEndExcluding": "9"}]}]}]}}]}"""

    def program(vendor: str, name: str) -> Component:
        cpe = f"cpe:2.3:a:{vendor}:{name}:1.24.0:*:*:*:*:*:*:*"
        return Component(name, "1.24.0", ComponentType.APPLICATION, purl=Purl("generic", name, "1.24.0"), cpes=(cpe,))

    language = replace(
        purls("pkg:pypi/nginx@1.24.0").components[0], cpes=("cpe:2.3:a:nginx:nginx:1.24.0:*:*:*:*:*:*:*",)
    )
    parts = (program("nginx", "nginx"), program("other", "host"), program("x", "plugin"), language)
    with store(tmp_path, {"nvd": nvd}) as data:
        found = match(Sbom(Component("root"), parts), data, OPTIONS)
    assert [(item.vulnerability.id, item.component.id) for item in found.findings] == [
        ("CVE-1", "pkg:generic/nginx@1.24.0")
    ]


def test_the_lowest_version_that_clears_all_is_asked_about_in_turn(tmp_path: Path) -> None:
    records = [
        osv("X-1", "PyPI", "a", ("introduced", "0"), ("fixed", "1.5")),
        osv("X-2", "PyPI", "a", ("introduced", "0"), ("fixed", "1.2")),
        osv("X-3", "PyPI", "a", ("introduced", "1.4"), ("fixed", "1.7")),
    ]
    found = scan(tmp_path, "pypa", records, "pkg:pypi/a@1.0")
    assert sorted(ids(found)) == ["X-1", "X-2"]
    assert {item.clears for item in found.findings} == {"1.7"}


def test_no_version_clears_what_has_no_fix(tmp_path: Path) -> None:
    records = [
        osv("X-1", "PyPI", "a", ("introduced", "0"), ("fixed", "2")),
        osv("X-2", "PyPI", "a", ("introduced", "0")),
    ]
    assert {item.clears for item in scan(tmp_path, "pypa", records, "pkg:pypi/a@1").findings} == {""}


def test_the_dependency_path(tmp_path: Path) -> None:
    sbom = purls("pkg:pypi/app@1", "pkg:pypi/lib@1", "pkg:pypi/bad@1")
    edges = {
        sbom.subject.id: ("pkg:pypi/app@1",),
        "pkg:pypi/app@1": ("pkg:pypi/lib@1",),
        "pkg:pypi/lib@1": ("pkg:pypi/bad@1",),
    }
    with store(tmp_path, {"pypa": [osv("X-1", "PyPI", "bad", ("introduced", "0"))]}) as data:
        (item,) = match(replace(sbom, dependencies=edges), data, OPTIONS).findings
    assert item.path == ("pkg:pypi/app@1", "pkg:pypi/lib@1", "pkg:pypi/bad@1")
    assert item.bump == "pkg:pypi/app@1"


def test_coverage_is_an_answer(tmp_path: Path) -> None:
    lines = ("pkg:pypi/a@1", "pkg:npm/b@1", "pkg:apk/alpine/c@1?distro=alpine-3.20", "pkg:pypi/d", "pkg:gem/e@1")
    many = [osv(f"A-{n}", "RubyGems", "e", ("introduced", "9"), ("fixed", "9.1")) for n in range(600)]
    with store(tmp_path / "new", {"pypa": [osv("X-1", "PyPI", "z", ("introduced", "0"))], "rubysec": many}) as data:
        found = {(item.ecosystem, item.state): item.message for item in match(purls(*lines), data, OPTIONS).coverage}
    assert found == {
        ("PyPI", CoverageState.COVERED): "",
        ("PyPI", CoverageState.UNDECIDABLE): "1 component cannot be judged: no version is known",
        ("npm", CoverageState.NO_DATA): "no advisory data for npm",
        ("Alpine:3.20", CoverageState.NO_DATA): "no advisory data for alpine 3.20",
        ("RubyGems", CoverageState.FIXED_ONLY): "the data for RubyGems names only what was fixed",
    }
    with store(tmp_path / "old", {"pypa": [osv("X-1", "PyPI", "z", ("introduced", "0"))]}, "2026-11-01") as data:
        (old,) = match(purls("pkg:pypi/a@1"), data, OPTIONS).coverage
    assert (old.state, old.message) == (CoverageState.OUTDATED, "unknown since 2026-11-01")


def test_facts_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    """No coverage of an ecosystem would say so: facts speak for none."""
    entry = {"cveID": "CVE-2026-1", "dateAdded": "2026-01-02", "vulnerabilityName": "x", "shortDescription": "y"}
    catalogue = {"title": "Known Exploited", "catalogVersion": "2026.01.02", "count": 1, "vulnerabilities": [entry]}
    store(tmp_path, {"kev": json.dumps(catalogue).encode()})
    made_by_another(tmp_path, schema=0)
    with AdvisoryStore.open(tmp_path) as opened:
        found = match(purls("pkg:pypi/a@1"), opened, OPTIONS)
    assert [text.partition(":")[0] for text in found.warnings] == ["the facts of kev are missing from this"]


def test_end_of_life_is_told(tmp_path: Path) -> None:
    releases = [Release("alpine", "3.16", end="2024-05-23"), Release("alpine", "3.20", end="2099-01-01")]
    lines = ["pkg:apk/alpine/a@1?distro=alpine-3.16.2", "pkg:apk/alpine/a@1?distro=alpine-3.20.0"]
    with store(tmp_path, {"pypa": [osv("X-1", "PyPI", "z", ("introduced", "0"))]}) as data:
        found = match(purls(*lines), data, OPTIONS._replace(releases=releases)).coverage
    assert {item.ecosystem: item.end_of_life for item in found} == {"Alpine:3.16": "2024-05-23", "Alpine:3.20": ""}


def test_declared_packages_of_an_image_are_not_judged_by_default(tmp_path: Path) -> None:
    from assay.model.component import Presence
    from assay.model.sbom import Layer

    declared = replace(purls("pkg:pypi/a@1").components[0], presence=Presence.DECLARED)
    image = Sbom(Component("image"), (declared,), layers=(Layer(0),), distribution=Distribution("debian", "12"))
    with store(tmp_path, {"pypa": [osv("X-1", "PyPI", "a", ("introduced", "0"))]}) as data:
        assert not match(image, data, OPTIONS).findings
        assert match(image, data, OPTIONS._replace(declared=True)).findings
        assert match(replace(image, layers=(), distribution=None), data, OPTIONS).findings


def test_explanations_of_both_answers(tmp_path: Path) -> None:
    record = osv("X-1", "PyPI", "a", ("introduced", "1.0"), ("fixed", "2.0"), aliases=["CVE-1"])
    with store(tmp_path, {"pypa": [record]}) as data:
        for version, verdict, so in (("1.5", Verdict.REPORTED, "inside"), ("2.0", Verdict.NOT_AFFECTED, "outside")):
            found = match(purls(f"pkg:pypi/a@{version}"), data, OPTIONS)
            (answer,) = explain("CVE-1", found, data)
            assert answer.verdict is verdict
            steps = {step.about: step.found for step in answer.steps}
            assert so in steps["so"]
            assert "by the pypi order (keys " in steps["compared"]
        (silent,) = explain("CVE-7", found, data, "a")
    assert silent.verdict is Verdict.NOT_AFFECTED and "none under CVE-7" in silent.steps[0].found


def test_requirement_strings_become_ranges(tmp_path: Path) -> None:
    gem = {
        "id": "G-1",
        "affected": [
            {
                "package": {"ecosystem": "RubyGems", "name": "rack"},
                "database_specific": {"patched_versions": ["~> 2.1.3", ">= 2.2.0"], "unaffected_versions": ["< 1.0"]},
            }
        ],
    }
    verdicts = {
        v: bool(ids(scan(tmp_path / v, "rubysec", [gem], f"pkg:gem/rack@{v}")))
        for v in ("0.9", "1.0", "2.1.2", "2.1.9", "2.2.0")
    }
    assert verdicts == {"0.9": False, "1.0": True, "2.1.2": True, "2.1.9": False, "2.2.0": False}
