"""``-o FORMAT[@VERSION][=PATH]``: what is to be written where, checked before the work begins, written whole or not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

from assay.errors import UsageError

_TEMPLATE = "template"


class Named(Protocol):
    """A format."""

    @property
    def name(self) -> str:
        """As it is asked for."""
        ...


F = TypeVar("F", bound=Named)


class Target(NamedTuple, Generic[F]):
    """One document to write; `path` is None for standard output."""

    format: F
    version: str
    path: Path | None
    template: str = ""

    @property
    def name(self) -> str:
        """``cyclonedx-json@1.7``, the way evidence names a document."""
        return f"{self.format.name}@{self.version}" if self.version else self.format.name


def targets(
    specifications: Sequence[str], template: str | None, parse: Callable[[str], tuple[F, str]]
) -> tuple[Target[F], ...]:
    """The targets of a run; `parse` gives format and version of ``FORMAT[@VERSION]``.

    Raises `UsageError` for an unknown format, a folder that is not there, and two documents for one place.
    """
    chosen = tuple(_target(text, template, parse) for text in specifications)
    places = [target.path for target in chosen]
    for place in places:
        if places.count(place) > 1:
            what = f"two documents for {place or 'standard output'}"
            raise UsageError(what, "give each its own file: -o FORMAT=PATH")
    return chosen


def _target(text: str, template: str | None, parse: Callable[[str], tuple[F, str]]) -> Target[F]:
    name, equals, place = text.partition("=")
    if equals and not place:
        raise UsageError(f"-o {text} names no file", f"write {text}FILE, or {name} alone for standard output")
    path = _path(place)
    found, version = parse(name)
    if found.name == _TEMPLATE and not template:
        raise UsageError("-o template needs a template", "name one with --template FILE")
    return Target(found, version, path, (template or "") if found.name == _TEMPLATE else "")


def _path(text: str) -> Path | None:
    path = Path(text) if text and text != "-" else None
    if path is not None and not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder", "make it first, or write somewhere else")
    if path is not None and path.is_dir():
        raise UsageError(f"{path} is a folder", "name a file in it")
    return path


def template(name: str) -> str:
    """The text of a template; raises `UsageError`."""
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"the template {name} cannot be read: {error}", "check the path") from error


def put(document: bytes, path: Path | None) -> None:
    """Write one."""
    if path is None:
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
        return
    from assay.adapters.output import writing

    with writing(path) as file:
        file.write(document)


def on_screen(wanted: Sequence[Target[F]]) -> bool:
    """Whether a table goes to the terminal that also shows warnings: what it says needs no second line there."""
    table = any(target.format.name == "table" and target.path is None for target in wanted)
    return table and sys.stdout.isatty() and sys.stderr.isatty()
