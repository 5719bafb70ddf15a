"""Starting is cheap: what is imported, measured by modules and, generously, by time."""

from __future__ import annotations

import subprocess
import sys
import time

HEAVY = ("argparse", "dataclasses", "json", "sqlite3", "msgspec", "yaml", "ssl", "assay.cli", "assay.ecosystems")


def _modules(*argv: str) -> set[str]:
    code = f"import sys; from assay.__main__ import main; main({list(argv)!r}); print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def test_version_imports_nothing_heavy() -> None:
    plain = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, check=True)
    there = {*plain.stdout.decode().split()}
    assert not {name for name in HEAVY if name in _modules("--version")} - there


def test_help_imports_no_command() -> None:
    modules = _modules("--help")
    assert not {name for name in modules if name.startswith("assay.cli.") and not name.startswith("assay.cli._")}
    assert not modules & {"sqlite3", "msgspec", "yaml", "ssl", "json", "assay.ecosystems", "assay.app"}


def test_version_is_quick() -> None:
    """50 ms are meant; a busy machine gets ten times that."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "assay", "--version"], check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - start)
    assert best < 0.5
