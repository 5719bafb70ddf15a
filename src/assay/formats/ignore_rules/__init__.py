"""Ignore rules in files: assay's own and those of the field's other scanners, one reader per file name.

A reader is ``read(data: bytes, origin: str) -> tuple[list[IgnoreRule], list[str]]``: the rules, and what is wrong with
the file in words for people.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from assay.errors import AssayError
from assay.model.ignore_rule import IgnoreRule

FILES = {
    "assay.toml": "assay_toml",
    ".trivyignore": "trivyignore",
    ".trivyignore.yaml": "trivyignore_yaml",
    ".grype.yaml": "grype_yaml",
    "osv-scanner.toml": "osv_scanner_toml",
}
"""The reader of each file name."""

Read = Callable[[bytes, str], tuple[list[IgnoreRule], list[str]]]


def read(name: str, data: bytes, origin: str) -> tuple[list[IgnoreRule], list[str]]:
    """The rules of a file of that name; a name that nobody knows is read as ``.trivyignore``."""
    module = import_module(f"{__name__}.{FILES.get(name, _by_suffix(name))}")
    reader: Read = module.read
    try:
        return reader(data, origin)
    except AssayError as error:
        return [], [f"{origin}: {error.what}"]


def _by_suffix(name: str) -> str:
    if name.endswith(".toml"):
        return "assay_toml"
    return "trivyignore_yaml" if name.endswith((".yaml", ".yml")) else "trivyignore"
