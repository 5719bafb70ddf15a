"""Finds files of ignore rules: those that the user names, those of the working directory, those in a scanned folder.

What lies in a scanned folder is not trusted (`assay.engines.ignore`); nothing is read through symbolic links, and
nothing from images.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assay.errors import InputError
from assay.formats import ignore_rules
from assay.model.ignore_rule import IgnoreRule

MAX_BYTES = 1 << 20
MAX_FILES = 500
MAX_FOLDERS = 50_000
_PASSED_BY = frozenset((".git", "node_modules", ".venv", "venv", "vendor", "target", "__pycache__"))


@dataclass(slots=True)
class Found:
    """Rules, problems in words, and the files that gave rules."""

    rules: list[IgnoreRule] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def read(self, path: Path, folder: str, *, trusted: bool) -> None:
        """Take the rules of a file."""
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            if trusted:
                raise InputError(f"{path} cannot be read: {error.strerror}", "check the path") from error
            return
        if len(data) > MAX_BYTES:
            self.problems.append(f"{path}: larger than {MAX_BYTES} bytes, its rules are left out")
            return
        rules, problems = ignore_rules.read(path.name, data, str(path))
        self.rules += [rule._replace(folder=folder, trusted=trusted) for rule in rules]
        self.problems += problems
        if rules:
            self.files.append(str(path))


def collect(
    folders: Sequence[Path], named: Sequence[Path], working: Path | None = None, *, refused: bool = False
) -> tuple[list[IgnoreRule], list[str], list[str]]:
    """The rules of the files that are `named`, of the working directory, and of the scanned `folders`.

    A working directory inside a scanned folder is a part of it. With `refused` nothing in the folders counts.
    Raises `InputError` for a named file that cannot be read.
    """
    found = Found()
    for path in named:
        found.read(path, "", trusted=True)
    here = (working or Path.cwd()).resolve()
    inside = [folder.resolve() for folder in folders]
    if not any(here == folder or here.is_relative_to(folder) for folder in inside):
        for name in ignore_rules.FILES:
            if (here / name).is_file():
                found.read(here / name, "", trusted=True)
    for folder in () if refused else inside:
        for path in _within(folder):
            below = path.parent.relative_to(folder).as_posix()
            found.read(path, "" if below == "." else below, trusted=False)
    return found.rules, found.problems, found.files


def _within(folder: Path) -> Iterator[Path]:
    """The files of rules in a tree, sorted; bounded in number."""
    files = 0
    for folders, (base, names, entries) in enumerate(os.walk(folder)):
        names[:] = sorted(name for name in names if name not in _PASSED_BY)
        for name in sorted(ignore_rules.FILES.keys() & set(entries)):
            path = Path(base, name)
            if not path.is_symlink() and path.is_file():
                files += 1
                yield path
        if files > MAX_FILES or folders > MAX_FOLDERS:
            return
