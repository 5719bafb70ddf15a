"""Which commands there are: the files under `assay.cli`, found without importing them."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

Words = tuple[str, ...]
"""The words of a command: ``("config", "show")``."""


def discover() -> dict[Words, Path]:
    """Every command and group, by its words, with the file that holds it."""
    return dict(sorted(_walk(Path(__file__).parent, ())))


def _walk(folder: Path, words: Words) -> Iterator[tuple[Words, Path]]:
    for path in folder.iterdir():
        here = (*words, path.stem.rstrip("_").replace("_", "-"))
        if path.name.startswith("_"):
            continue
        if path.suffix == ".py":
            yield here, path
        elif (path / "__init__.py").is_file():
            yield here, path / "__init__.py"
            yield from _walk(path, here)


def summary(path: Path) -> str:
    """The first line of the docstring of the file at `path`."""
    with path.open(encoding="utf-8") as file:
        return file.readline().strip().strip('"').rstrip(".")


def load(words: Words) -> ModuleType:
    """The module of a command."""
    return import_module("assay.cli." + ".".join(map(_module, words)))


def _module(word: str) -> str:
    """The name of a file; one that Python keeps for itself has an underscore behind it: ``import_``."""
    name = word.replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) else name


def children(commands: dict[Words, Path], words: Words) -> list[Words]:
    """The commands directly below `words`."""
    return [found for found in commands if len(found) == len(words) + 1 and found[: len(words)] == words]
