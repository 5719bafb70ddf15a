"""Ignore rules in files of ours and of peers, and what they hide."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.engines import ignore
from assay.formats import ignore_rules
from assay.model.advisory import Exploited, FixState, Kind
from assay.model.component import Component, Occurrence
from assay.model.finding import Finding, Match, Vulnerability
from assay.model.ignore_rule import IgnoreRule
from assay.model.purl import Purl

TODAY = date(2026, 11, 23)
FINDING = Finding(
    Vulnerability("GHSA-1", ("GHSA-1", "CVE-1")),
    Component(
        "requests",
        "2.0",
        ecosystem="pypi",
        purl=Purl("pypi", "requests", "2.0"),
        occurrences=(Occurrence("apps/one/requirements.txt"),),
    ),
    (Match("f", "GHSA-1", "PyPI", "requests", "2.0"),),
    FixState.NOT_FIXED,
)

FILES = {
    "assay.toml": b'[[scan.ignore]]\nid = ["CVE-1"]\npackage = "pkg:pypi/requests"\npath = "apps/**"\n'
    b'fix-state = "not-fixed"\nreason = "r"\nexpires = 2027-01-31\n',
    ".trivyignore": b"# r\nCVE-1 exp:2027-01-31\n",
    ".trivyignore.yaml": b"vulnerabilities:\n  - id: CVE-1\n    purls: ['pkg:pypi/requests']\n"
    b"    expired_at: 2027-01-31\n    statement: r\n",
    ".grype.yaml": b"ignore:\n  - vulnerability: CVE-1\n    fix-state: not-fixed\n"
    b"    package: {name: requests, version: '2.0', type: python}\n    reason: r\n",
    "osv-scanner.toml": b'[[IgnoredVulns]]\nid = "CVE-1"\nignoreUntil = 2027-01-31\nreason = "r"\n',
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(ignore_rules.FILES))
def test_each_file_hides_with_its_reason(name: str) -> None:
    (rule,), problems = ignore_rules.read(name, FILES[name], name)
    assert not problems
    stay, (hidden,), warnings = ignore.apply([FINDING], [rule], TODAY)
    assert not stay and not warnings
    assert hidden.suppression is not None and hidden.suppression.reason == "r"
    assert hidden.suppression.origin.startswith(name)
    assert rule.expires in ("2027-01-31", "")


def test_conditions_must_all_hold() -> None:
    rule = IgnoreRule(
        ids=("CVE-1",), packages=("requests",), paths=("apps/*",), states=(FixState.NOT_FIXED,), ecosystems=("pypi",)
    )
    assert ignore.matches(rule, FINDING)
    for other in (
        rule._replace(ids=("CVE-2",)),
        rule._replace(packages=("flask",)),
        rule._replace(paths=("lib/*",)),
        rule._replace(states=(FixState.FIXED,)),
        rule._replace(ecosystems=("npm",)),
        rule._replace(folder="apps/two"),
    ):
        assert not ignore.matches(other, FINDING)


@pytest.mark.parametrize("package", ["requests", "requests@2.0", "pkg:pypi/requests", "pkg:pypi/requests@2.0", "req*"])
def test_names_of_packages(package: str) -> None:
    assert ignore.matches(IgnoreRule(packages=(package,)), FINDING)


def test_a_rule_holds_through_its_last_day_and_then_warns() -> None:
    rule = IgnoreRule(ids=("CVE-1",), expires="2026-11-23", origin="x")
    assert ignore.apply([FINDING], [rule], TODAY)[1]
    stay, hidden, (warning,) = ignore.apply([FINDING], [rule], date(2026, 11, 24))
    assert stay and not hidden and "expired on 2026-11-23" in warning


def test_rules_from_inside_the_tree_hide_nothing_grave() -> None:
    rule = IgnoreRule(ids=("CVE-1",), trusted=False)
    evil = FINDING._replace(vulnerability=FINDING.vulnerability._replace(kind=Kind.MALICIOUS))
    used = FINDING._replace(vulnerability=FINDING.vulnerability._replace(exploited=Exploited("2026-01-01")))
    assert not ignore.matches(rule, evil) and not ignore.matches(rule, used)
    assert ignore.matches(rule, FINDING)
    assert ignore.matches(rule._replace(trusted=True), evil)


def test_the_nearest_folder_wins() -> None:
    far = IgnoreRule(ids=("CVE-1",), reason="far", folder="apps")
    near = IgnoreRule(ids=("CVE-1",), reason="near", folder="apps/one")
    (hidden,) = ignore.apply([FINDING], [far, near], TODAY)[1]
    assert hidden.suppression is not None and hidden.suppression.reason == "near"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'[[scan.ignore]]\nreason = "all"\n', "would hide everything"),
        (b'[[scan.ignore]]\nid = "X"\n', "gives no reason"),
        (b'[[scan.ignore]]\nid = "X"\nfrom = "y"\n', "is no condition"),
        (b'[[scan.ignore]]\nid = "X"\nexpires = "soon"\n', "is no day"),
        (b"not toml [", "assay.toml"),
    ],
)
def test_what_is_wrong_is_told(content: bytes, words: str) -> None:
    assert words in " ".join(ignore_rules.read("assay.toml", content, "assay.toml")[1])


@pytest.mark.parametrize("condition", ["language: python", "upstream-name: openssl", "color: red"])
def test_a_rule_of_grype_with_a_condition_that_is_not_understood_hides_nothing(condition: str) -> None:
    known = "  - package:\n      type: python\n"
    text = f"ignore:\n{known}      {condition}\n{known}      language: ''\n"
    (rule,), (problem,) = ignore_rules.read(".grype.yaml", text.encode(), ".grype.yaml")
    assert rule.origin.endswith("ignore 2")
    assert condition.partition(":")[0] in problem and "ignore 1" in problem


@pytest.mark.parametrize("name", [*sorted(ignore_rules.FILES), "other"])
@given(content=st.binary(max_size=150) | st.text(max_size=80).map(str.encode))
def test_any_bytes(name: str, content: bytes) -> None:
    rules, problems = ignore_rules.read(name, content, name)
    assert isinstance(rules, list) and isinstance(problems, list)
