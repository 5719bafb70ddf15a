"""How docs/features.md is held against a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import features

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


def test_a_skip_is_a_failure_where_all_is_required(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((Path(__file__).parents[1] / "conftest.py").read_text(encoding="utf-8"))
    (tmp_path / "features.py").write_text((Path(__file__).parents[1] / "features.py").read_text(encoding="utf-8"))
    (tmp_path / "test_x.py").write_text("import pytest\ndef test_x():\n    pytest.skip('no tool')\n")
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), str(tmp_path / "test_x.py")]
    for required, code in (("0", 0), ("1", 1)):
        environment = {"PATH": "/usr/bin:/bin", "ASSAY_REQUIRE_ALL": required, "PYTHONPATH": str(tmp_path)}
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
        assert done.returncode == code, done.stdout
        assert "no tool" in done.stdout or not code
