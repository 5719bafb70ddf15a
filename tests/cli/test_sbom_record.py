"""``--record``: what is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_table_alone_records_cyclonedx(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    state = ["--data-dir", str(tmp_path / "data"), "--cache-dir", str(tmp_path / "cache")]
    assay = [sys.executable, "-m", "assay"]
    subprocess.run([*assay, "sbom", str(tmp_path / "app"), "-o", "table", "--record", *state], check=True, timeout=60)
    shown = subprocess.run(
        [*assay, "evidence", "list", "--json", *state], check=True, capture_output=True, text=True, timeout=60
    )
    assert "cyclonedx" in shown.stdout
