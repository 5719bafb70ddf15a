"""What the conformance tests share: where the suites lie, and how what was seen is counted and reported.

`ASSAY_SUITES` names the folder of the suites (default ``../shared/data`` beside the repository). Where
`ASSAY_SUITES_REPORT` names a file, a JSON line per case is appended to it: ``{"name", "expected",
"observed"}``, the latter two equal where the case went as expected.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

Case = dict[str, Any]
"""A JSON object of a suite."""

ROOT = Path(__file__).resolve().parents[2]


def folder(name: str) -> Path:
    """The folder of a suite; skips the test where it is absent (a failure under `ASSAY_REQUIRE_ALL`)."""
    path = Path(os.environ.get("ASSAY_SUITES") or ROOT.parent / "shared" / "data") / name
    if not path.is_dir():
        message = f"the suite {name} is not in {path.parent}; ASSAY_SUITES names the folder of the suites"
        pytest.fail(message) if os.environ.get("ASSAY_REQUIRE_ALL") else pytest.skip(message)
    return path


def lines(path: Path) -> list[Case]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


@dataclass
class Tally:
    """The cases of one suite, as they went."""

    suite: str
    cases: list[Case] = field(default_factory=list)

    def add(self, name: str, expected: object, observed: object) -> None:
        """Count a case; it went as expected if the two are equal."""
        self.cases.append({"name": name, "expected": expected, "observed": observed})

    def close(self, least: float) -> None:
        """Print the count, write the report, and fail the test below the share `least` of the cases."""
        wrong = [case for case in self.cases if case["expected"] != case["observed"]]
        print(f"{self.suite}: {len(self.cases) - len(wrong)} of {len(self.cases)} as expected")
        if report := os.environ.get("ASSAY_SUITES_REPORT"):
            with open(report, "a", encoding="utf-8") as file:
                file.writelines(json.dumps(case, ensure_ascii=False) + "\n" for case in self.cases)
        shown = "\n".join(json.dumps(case, ensure_ascii=False)[:600] for case in wrong[:20])
        assert self.cases, f"the suite {self.suite} has no cases"
        assert len(wrong) <= (1 - least) * len(self.cases), f"{len(wrong)} cases are not as expected:\n{shown}"
