"""The tables of CycloneDX are what the tools make of the schemas."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCHEMAS = "_res"


@pytest.mark.parametrize(("tool", "source"), [("fields", ""), ("elements", "bom-1.7.SNAPSHOT.xsd")])
def test_table_is_current(tool: str, source: str, tmp_path: Path) -> None:
    made = tmp_path / "table.json"
    with resources.as_file(resources.files("cyclonedx.schema") / SCHEMAS) as schemas:
        command = [sys.executable, str(ROOT / f"tools/cyclonedx_{tool}.py"), str(schemas / source), str(made)]
        subprocess.run(command, check=True, timeout=60)
    assert made.read_text() == (ROOT / f"src/assay/formats/cyclonedx/{tool}.json").read_text()
