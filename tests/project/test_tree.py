"""The repository checks itself: no addresses, small rooms, pages that agree with the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay import __version__
from assay.cli import _commands

ROOT = Path(__file__).parents[2]


def _listed() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def _sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / "src").rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


# Built from parts, so that this file does not hold what it looks for.
_HOSTS = [
    ("pypi", "org"),
    ("files.python" + "hosted", "org"),
    ("registry.npm" + "js", "org"),
    ("(?:deb|security|ftp|snapshot).debian", "org"),
    ("(?:proxy|sum).golang", "org"),
    ("(?:index|static).crates", "io"),
    ("repo1?.maven(?:.apache)?", "org"),
    ("ruby" + "gems", "org"),
]
_FORBIDDEN = re.compile(
    "(?<![A-Za-z0-9_-])(?:"
    + "|".join(f"{host}.{top}".replace(".", "[.]") for host, top in _HOSTS)
    + ")|(?:^|[^A-Za-z0-9_.])/(?:work|farm|tmp/bash_jobs)/",
    re.MULTILINE,
)


def test_no_registry_host_and_no_path_of_a_machine_is_in_the_tree() -> None:
    wrong = []
    for path in _listed():
        data = path.read_bytes()
        if b"\0" not in data:
            for match in _FORBIDDEN.finditer(data.decode("utf-8", "replace")):
                wrong.append(f"{path.relative_to(ROOT)}: {match[0]}")
    assert wrong == []


def test_the_pattern_finds_what_it_should() -> None:
    assert _FORBIDDEN.search("https://" + "pypi" + ".org/simple")
    assert _FORBIDDEN.search("see " + "/wor" + "k/main")
    assert not _FORBIDDEN.search("framework/main https://npm.example")


def test_files_are_small() -> None:
    """Only the advisory data that ships with the package may be large: 12 MB together."""
    starter = ROOT / "src" / "assay" / "starter"
    others = [path for path in _listed() if starter not in path.parents]
    assert [str(path.relative_to(ROOT)) for path in others if path.stat().st_size > 1_000_000] == []
    assert sum(path.stat().st_size for path in _listed() if starter in path.parents) <= 12_000_000


def test_rooms_are_small() -> None:
    """No file over 400 lines, no function over 60."""
    wrong = []
    for path, tree in _sources():
        if len(path.read_text(encoding="utf-8").splitlines()) > 400:
            wrong.append(f"{path.relative_to(ROOT)}: over 400 lines")
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if (node.end_lineno or 0) - node.lineno >= 60:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} is over 60 lines")
    assert wrong == []


def test_every_module_has_a_docstring_and_none_is_a_drawer() -> None:
    for path, tree in _sources():
        assert ast.get_docstring(tree), path
        assert path.stem not in ("utils", "common", "helpers", "types"), path


def test_only_adapters_open_addresses() -> None:
    """The import contracts cannot name submodules of the standard library, so this one is checked here."""
    allowed = {"adapters", "cli", "app"}
    for path, tree in _sources():
        if path.relative_to(ROOT / "src/assay").parts[0] in allowed:
            continue
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.startswith("urllib.request") for name in names), path


def test_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_generated_reference_is_current() -> None:
    done = subprocess.run([sys.executable, "-m", "tools.docs", "--check"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_every_command_is_documented() -> None:
    page = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    for words in _commands.discover():
        assert f"## assay {' '.join(words)}\n" in page


def test_every_dependency_is_explained_and_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    extras = project["optional-dependencies"]
    for extra, wanted in {"core": project["dependencies"], **extras}.items():
        pins = (ROOT / f"requirements/{extra}.txt").read_text(encoding="utf-8").lower()
        for name in (re.split(r"[<>=\[; ]", requirement)[0] for requirement in wanted):
            assert f"`{name}`" in page
            assert re.search(rf"^{re.escape(name.lower())}==", pins, re.MULTILINE)


def test_pins_have_hashes_and_no_index() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(?:-i|--index|--extra-index|--find-links|--trusted)", text, re.MULTILINE), path
        for block in re.split(r"\n(?=[a-zA-Z])", text.strip()):
            assert "--hash=sha256:" in block, (path, block)


def _pages() -> list[Path]:
    return [path for path in _listed() if path.suffix == ".md" and "fixtures" not in path.parts]


def test_links_between_pages_lead_somewhere() -> None:
    wrong = []
    for path in _pages():
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists():
                wrong.append(f"{path.relative_to(ROOT)}: {target}")
    assert wrong == []


def test_commands_in_the_pages_exist() -> None:
    commands = _commands.discover()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for path in _pages():
        text = path.read_text(encoding="utf-8")
        for block in re.findall(r"^```(?:sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                words = line.removeprefix("$ ").split("#")[0].split()
                if words[:1] == ["make"]:
                    assert words[1] in targets, (path, line)
                if words[:1] == ["assay"] and len(words) > 1 and not words[1].startswith("-"):
                    assert (words[1],) in commands, (path, line)


def test_nobody_is_told_to_install_what_is_not_published() -> None:
    for path in _pages():
        assert "pip install " + "assay" not in path.read_text(encoding="utf-8"), path


def test_the_changelog_knows_this_version() -> None:
    assert re.search(
        rf"^## {re.escape(__version__)}", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/adr").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
    for path in (ROOT / "docs/adr").glob("[0-9]*.md"):
        text = path.read_text(encoding="utf-8")
        for heading in ("## Context", "## Decision", "## Consequences"):
            assert heading in text, (path, heading)
