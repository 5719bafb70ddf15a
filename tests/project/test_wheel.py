"""The wheel holds what a run needs, and nothing that only tests need."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = (".json", ".toml", ".html", ".css", ".js", ".tsv", ".sql", ".zst")


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    source = tmp_path / "source"
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", source / "src", ignore=left_out)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copyfile(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", str(tmp_path), "."], cwd=source, check=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith("assay/")}
    assert not [name for name in names if "/fixtures/" in name]
    wanted = {
        str(path.relative_to(ROOT / "src"))
        for path in (ROOT / "src" / "assay").rglob("*")
        if path.suffix in (*DATA, ".py") and not {"fixtures", "__pycache__"} & set(path.parts)
    }
    assert wanted - names == set()
