"""Starting is cheap: what is imported, measured by modules and, generously, by time."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

UNUSED = {
    "asyncio",
    "bz2",
    "concurrent.futures",
    "email",
    "http",
    "importlib.resources",
    "jinja2",
    "json",
    "lxml",
    "lzma",
    "multiprocessing",
    "queue",
    "random",
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "tomllib",
    "unittest",
    "xml",
    "yaml",
    "zipfile",
    "zstandard",
    "assay.adapters.image",
    "assay.adapters.oci_layout",
    "assay.adapters.registry",
    "assay.adapters.tar_layer",
    "assay.formats.detect",
    "assay.formats.elf",
    "assay.formats.pe",
    "assay.formats.spdx_license",
    "assay.formats.tar",
    "assay.model.evidence",
    "assay.model.image",
}
"""What a directory without packages needs nothing of."""

HEAVY = ("argparse", "dataclasses", "json", "sqlite3", "msgspec", "yaml", "ssl", "assay.cli", "assay.ecosystems")


def _modules(*argv: str, folder: Path | None = None) -> set[str]:
    code = f"import sys; from assay.__main__ import main; main({list(argv)!r}); print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    return set(done.stdout.splitlines())


def test_version_imports_nothing_heavy() -> None:
    plain = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, check=True)
    there = {*plain.stdout.decode().split()}
    assert not {name for name in HEAVY if name in _modules("--version")} - there


@pytest.mark.parametrize("output", ["cyclonedx-json", "purls"])
def test_an_empty_directory_imports_only_what_it_needs(output: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    modules = _modules("sbom", str(tmp_path / "empty"), "-o", output, folder=tmp_path)
    assert "assay.ecosystems.npm" in modules
    written = {"json"} if output == "cyclonedx-json" else set()  # small documents are written without msgspec
    assert not modules & ((UNUSED | {"msgspec"}) - written)


def test_ecosystems_import_nothing_but_the_model() -> None:
    code = (
        "import sys, assay.model.ecosystem; before = {*sys.modules}; "
        "from assay.ecosystems import discover; discover(); print(*({*sys.modules} - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = [name for name in done.stdout.split() if name.startswith("assay.")]
    assert not [name for name in found if not name.startswith("assay.ecosystems") or name.count(".") > 2]


def test_help_imports_no_command() -> None:
    modules = _modules("--help")
    assert not {name for name in modules if name.startswith("assay.cli.") and not name.startswith("assay.cli._")}
    assert not modules & {"sqlite3", "msgspec", "yaml", "ssl", "json", "assay.ecosystems", "assay.app"}


def test_version_is_quick() -> None:
    """50 ms are meant; a machine where all is slow gets ten times that. What others do meanwhile does not count."""
    best = float("inf")
    for _ in range(5):
        start = _of_children()
        subprocess.run([sys.executable, "-m", "assay", "--version"], check=True, stdout=subprocess.DEVNULL)
        best = min(best, _of_children() - start)
    assert best < 0.5


def _of_children() -> float:
    """Seconds of a core that programs which have ended took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
