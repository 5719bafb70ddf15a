"""How docs/features.md is held against a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import features
from assay.ecosystems import discover
from assay.model.ecosystem import Proof

PAGE = """
| feature | state | proof |
|---|---|---|
| one | done | `tests/a.py::test_one` |
| two | done | `tests/a.py::test_two`, `tests/b.py` |
| slow | done | `make bench`, 2026-11-22, at `abc1234` |
| claimed | done | |
"""


def test_what_ran_and_passed_is_proved() -> None:
    outcomes = {"tests/a.py::test_one[x]": "passed", "tests/a.py::test_two": "passed", "tests/b.py::test": "passed"}
    assert features.unproved(PAGE, outcomes, skips_count=True) == ["claimed: no proof"]


def test_what_failed_was_skipped_or_did_not_run_is_not() -> None:
    outcomes = {
        "tests/a.py::test_one": "skipped",
        "tests/a.py::test_two": "failed",
        "tests/a.py::test_one_more": "passed",
    }
    assert features.unproved(PAGE, outcomes, skips_count=False) == [
        "two: tests/a.py::test_two did not pass",
        "two: tests/b.py did not run",
        "claimed: no proof",
    ]
    assert "one: tests/a.py::test_one did not pass" in features.unproved(PAGE, outcomes, skips_count=True)


def test_the_page_names_tests_that_exist() -> None:
    root = features.PAGE.parent.parent
    rows = list(features.rows(features.PAGE.read_text(encoding="utf-8")))
    assert len(rows) > 10
    for row in rows:
        assert row.tests or row.by_target, row.feature
        for test in row.tests:
            name, _, function = test.partition("::")
            assert (root / name).exists(), test
            if function and (root / name).is_file():
                assert f"def {function.partition('[')[0]}(" in (root / name).read_text(encoding="utf-8"), test


def test_the_page_says_which_ecosystems_are_unproved() -> None:
    page = " ".join(features.PAGE.read_text(encoding="utf-8").split())
    _, said, rest = page.partition("Unproved, because their fixtures are ours (`synthetic`): ")
    named = rest.partition(". ## ")[0].split("; ")
    assert said and sorted(named) == sorted(item.title for item in discover() if item.proof is Proof.SYNTHETIC)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with our conftest, one test that passes and one that skips."""
    tests = tmp_path / "tests"
    tests.mkdir()
    for name in ("conftest.py", "features.py"):
        (tests / name).write_text((Path(__file__).parents[1] / name).read_text(encoding="utf-8"))
    (tests / "test_x.py").write_text("import pytest\ndef test_a(): pass\ndef test_b(): pytest.skip('no tool')\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\npythonpath = tests\n")
    (tmp_path / "docs").mkdir()
    return tmp_path


def _run(project: Path, proof: str, *words: str, required: str = "0") -> subprocess.CompletedProcess[str]:
    page = f"| feature | state | proof |\n|---|---|---|\n| it works | done | {proof} |\n"
    (project / "docs/features.md").write_text(page)
    command = [sys.executable, "-m", "pytest", "-q", "-rs", *words]
    environment = {"PATH": "/usr/bin:/bin", "ASSAY_REQUIRE_ALL": required}
    return subprocess.run(command, capture_output=True, text=True, cwd=project, env=environment, check=False)


def test_a_skip_is_a_failure_where_all_is_required(project: Path) -> None:
    proof = "`tests/test_x.py::test_a`"
    assert _run(project, proof).returncode == 0
    done = _run(project, proof, required="1")
    assert done.returncode == 1
    assert "no tool" in done.stdout


def test_in_several_processes_all_of_it_counts(project: Path) -> None:
    (project / "tests/test_y.py").write_text("def test_c(): pass\n")
    both = "`tests/test_x.py::test_a`, `tests/test_y.py`"
    assert _run(project, both, "-n", "2", "--dist", "loadfile").returncode == 0
    done = _run(project, f"{both}, `tests/test_x.py::test_absent`", "-n", "2")
    assert done.returncode == 1
    assert done.stdout.count("did not run") == 1
    done = _run(project, both, "-n", "2", required="1")
    assert done.returncode == 1
    assert "ASSAY_REQUIRE_ALL: skipped, " in done.stdout


def test_a_run_that_was_broken_off_says_nothing_of_features(project: Path) -> None:
    (project / "tests/test_x.py").write_text("def test_a(): raise KeyboardInterrupt\n")
    done = _run(project, "`tests/test_x.py::test_absent`")
    assert done.returncode == 2
    assert "did not run" not in done.stdout


def test_a_full_run_fails_for_a_feature_that_it_does_not_prove(project: Path) -> None:
    done = _run(project, "`tests/test_x.py::test_absent`")
    assert done.returncode == 1
    assert "it works: tests/test_x.py::test_absent did not run" in done.stdout
    assert _run(project, "`tests/test_x.py::test_absent`", "-k", "test_a").returncode == 0
    assert _run(project, "`tests/test_x.py::test_absent`", "tests/test_x.py").returncode == 0
