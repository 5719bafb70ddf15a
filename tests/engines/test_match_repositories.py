"""Commits and tags of repositories: what a GIT range of OSV names is found, and nothing else is cleared."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisory_data import TODAY, purls, store
from assay.ecosystems import order
from assay.engines.match import Options, match
from assay.engines.match.explain import explain
from assay.errors import Malformed
from assay.formats import git_version
from assay.model.explanation import Verdict
from assay.model.finding import CoverageState

OPTIONS = Options(TODAY)
FIRST, FIX, LATER, LAST = (digit * 40 for digit in "abcd")
REPOSITORY = "https://github.com/Sample/Greeter.git"


def record(name: str, *events: tuple[str, str], versions: tuple[str, ...] = (), **more: object) -> dict[str, object]:
    commits = {"type": "GIT", "repo": REPOSITORY, "events": [{what: commit} for what, commit in events]}
    package = {"ecosystem": "OSS-Fuzz", "name": "greeter"}
    affected = {"package": package, "ranges": [commits], "versions": list(versions), **more}
    return {"id": name, "affected": [affected]}


@pytest.mark.parametrize(
    ("purl", "affected"),
    [
        (f"pkg:github/sample/greeter@{FIRST}", True),
        (f"pkg:github/sample/greeter@{FIX}", False),
        (f"pkg:github/sample/greeter@{LATER}", False),  # nobody knows
        ("pkg:github/sample/greeter@v1.2", True),
        ("pkg:github/sample/greeter@1.2", True),
        ("pkg:github/sample/greeter@v1.20", False),
        ("pkg:github/sample/other@v1.2", False),
        (f"pkg:generic/x@9?vcs_url=git%2Bhttps://github.com/sample/greeter.git%40{FIRST}", True),
        ("pkg:generic/x@v1.2?vcs_url=git%2Bssh://git%40github.com/sample/greeter", True),
        ("pkg:gitlab/sample/greeter@v1.2", False),
    ],
)
def test_what_a_record_names_is_found_and_nobody_else_is_cleared(tmp_path: Path, purl: str, affected: bool) -> None:
    known = record("X-1", ("introduced", FIRST), ("fixed", FIX), versions=("v1.1", "v1.2"))
    with store(tmp_path, {"oss-fuzz": [known]}) as data:
        found = match(purls(purl), data, OPTIONS)
        assert [item.fixed for item in found.findings] == [(FIX,)] * affected
        assert {item.state for item in found.coverage} <= {CoverageState.UNDECIDABLE, CoverageState.NO_DATA}
        assert found.coverage
        if affected:
            (told,) = explain("X-1", found, data)
            assert told.verdict is Verdict.REPORTED


def test_the_last_affected_commit_is_affected_and_of_two_branches_none_is_named(tmp_path: Path) -> None:
    events = [("introduced", "0"), ("fixed", FIX), ("fixed", LATER)]
    records = [record("X-1", *events, versions=("v1",)), record("X-2", ("introduced", "0"), ("last_affected", LAST))]
    with store(tmp_path, {"oss-fuzz": records}) as data:
        (found,) = match(purls("pkg:github/sample/greeter@v1"), data, OPTIONS).findings
        assert (found.vulnerability.id, found.fixed) == ("X-1", ())
        (found,) = match(purls(f"pkg:github/sample/greeter@{LAST}"), data, OPTIONS).findings
        assert found.vulnerability.id == "X-2"


def test_of_fixes_in_several_commits_none_clears_all(tmp_path: Path) -> None:
    records = [record(f"X-{fix[0]}", ("introduced", "0"), ("fixed", fix), versions=("v1",)) for fix in (FIX, LATER)]
    with store(tmp_path, {"oss-fuzz": records}) as data:
        found = match(purls("pkg:github/sample/greeter@v1"), data, OPTIONS).findings
        assert [(item.fixed, item.clears) for item in found] == [((FIX,), ""), ((LATER,), "")]
    with store(tmp_path / "b", {"oss-fuzz": records[:1]}) as data:
        (one,) = match(purls("pkg:github/sample/greeter@v1"), data, OPTIONS).findings
        assert one.clears == FIX


def test_versions_of_a_package_are_no_tags_of_its_repository(tmp_path: Path) -> None:
    known = record("X-1", ("introduced", FIRST), versions=("1.2",))
    known["affected"][0]["ranges"].append({"type": "ECOSYSTEM", "events": [{"introduced": "0"}]})  # type: ignore[index]
    with store(tmp_path, {"oss-fuzz": [known]}) as data:
        assert not match(purls("pkg:github/sample/greeter@1.2"), data, OPTIONS).findings
        assert match(purls(f"pkg:github/sample/greeter@{FIRST}"), data, OPTIONS).findings


def test_commits_and_tags_are_equal_or_not() -> None:
    git = order("GIT")
    assert git.key("v1.2") == git.key(" 1.2") != git.key("1.20")
    assert git.key(FIRST.upper()) == git.key(FIRST)
    assert git.key("version-v1") != git.key("version-1")
    with pytest.raises(Malformed):
        git.intervals(">=1")


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/sample/greeter",
        "https://user@GitHub.com/Sample/Greeter.git/",
        "git+ssh://git@github.com/sample/greeter.git",
    ],
)
def test_names_of_repositories(url: str) -> None:
    assert git_version.repository(url) == "github.com/sample/greeter"
