"""Which commands there are: the files under `assay.cli`, found without importing them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

Words = tuple[str, ...]
"""The words of a command: ``("config", "show")``."""


def discover() -> dict[Words, str]:
    """Every command and group, by its words, with the file that holds it."""
    return dict(sorted(_walk(os.path.dirname(__file__), ())))


def _walk(folder: str, words: Words) -> Iterator[tuple[Words, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name, dot, suffix = entry.name.partition(".")
            if name.startswith("_"):
                continue
            here = (*words, name.replace("_", "-"))
            if dot and suffix == "py":
                yield here, entry.path
            elif not dot and os.path.exists(os.path.join(entry.path, "__init__.py")):
                yield here, os.path.join(entry.path, "__init__.py")
                yield from _walk(entry.path, here)


def summary(path: str) -> str:
    """The first line of the docstring of the file at `path`."""
    with open(path, encoding="utf-8") as file:
        return file.readline().strip().strip('"').rstrip(".")


def load(words: Words) -> ModuleType:
    """The module of a command."""
    return import_module("assay.cli." + ".".join(word.replace("-", "_") for word in words))


def children(commands: dict[Words, str], words: Words) -> list[Words]:
    """The commands directly below `words`."""
    return [found for found in commands if len(found) == len(words) + 1 and found[: len(words)] == words]
