"""The settings of one run: every layer of configuration, merged in order, each value with its origin."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from assay.adapters.configuration import files, values
from assay.adapters.configuration.keys import KEYS, Key, Kind
from assay.adapters.configuration.values import Value


class Setting(NamedTuple):
    """The value of a key and where it was set (``default``, a file, ``environment ASSAY_...``, ``flag``)."""

    key: Key
    value: Value
    origin: str = "default"


class Request(NamedTuple):
    """What configuration is asked for.

    `sources` are the folders or files that are scanned or verified; a project file inside one of them is not
    trusted. `config` is the file that ``--config`` names. `flags` are the parsed arguments.
    """

    environment: Mapping[str, str]
    directory: Path
    sources: tuple[Path, ...] = ()
    config: str | None = None
    flags: Mapping[str, object] = MappingProxyType({})


class Settings(NamedTuple):
    """All settings, and what should be said about how they came to be; `trusted` are the files that count whole."""

    by_name: Mapping[str, Setting]
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    trusted: tuple[Path, ...] = ()

    def text(self, name: str) -> str:
        """The value of a text or path key; empty when it is not set."""
        value = self.by_name[name].value
        return value if isinstance(value, str) else ""

    def switch(self, name: str) -> bool:
        """The value of a boolean key."""
        return self.by_name[name].value is True

    def list(self, name: str) -> tuple[str, ...]:
        """The value of a list key."""
        value = self.by_name[name].value
        return value if isinstance(value, tuple) else ()


def load(request: Request) -> Settings:
    """The settings of a run; `UsageError` for unknown keys, wrong values and a file not found."""
    settings = {name: Setting(key, key.default) for name, key in KEYS.items()}
    notes: list[str] = []
    read: list[Path] = []
    trusted: list[Path] = []
    for file in files.find(request.environment, request.directory, request.config):
        read.append(file.path)
        untrusted = file.of_project and _inside(file.path, request.sources)
        trusted += [] if untrusted else [file.path]
        ignored = []
        for key, value in values.from_table(file.table(), str(file.path)):
            if untrusted and not key.ignores:
                ignored.append(key.name)
            else:
                settings[key.name] = Setting(key, _placed(key, value, file.path.parent), str(file.path))
        notes += _told(file.path, ignored) if untrusted else ()
    for setting in (*_environment(request.environment), *_flags(request.flags)):
        settings[setting.key.name] = setting
    return Settings(settings, tuple(read), tuple(notes), tuple(trusted))


def _placed(key: Key, value: Value, folder: Path) -> Value:
    """A relative path in a file counts from that file's folder."""
    if key.kind is not Kind.PATH or not isinstance(value, str) or value.startswith("~") or not value:
        return value
    return str(folder / value)


def _inside(path: Path, sources: tuple[Path, ...]) -> bool:
    return any(path.resolve().is_relative_to(source.resolve()) for source in sources)


def _told(path: Path, ignored: list[str]) -> Iterator[str]:
    rest = f"not taken: {', '.join(ignored)} (--config {path} takes all)" if ignored else "there is nothing else in it"
    yield f"{path} lies inside the source, so only its ignore rules count; {rest}"


def _environment(environment: Mapping[str, str]) -> Iterator[Setting]:
    for key in KEYS.values():
        if key.variable in environment:
            origin = f"environment {key.variable}"
            yield Setting(key, values.from_text(key, environment[key.variable], origin), origin)


def _flags(flags: Mapping[str, object]) -> Iterator[Setting]:
    for key in KEYS.values():
        value = flags.get(key.argument)
        if value is None or not _fits(key, value):
            continue
        given = tuple(str(item) for item in value) if isinstance(value, list | tuple) else value
        yield Setting(key, given if isinstance(given, bool | tuple) else str(given), "flag")


def _fits(key: Key, value: object) -> bool:
    """Whether a flag of that name is the flag of the key (elsewhere the name may mean another thing)."""
    if key.kind is Kind.BOOLEAN:
        return isinstance(value, bool)
    return isinstance(value, list | tuple) if key.kind is Kind.LIST else isinstance(value, str | os.PathLike)
